#pragma once

#include <bus/store/event_store.hpp>
#include <bus/store/internal/sqlite_connection.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace bus::sqlite {

/// All that is read from a store, over one connection. Each call is one statement and so one
/// snapshot, and leaves no cursor open. The functions are those of EventStore. Not thread safe.
class Reader {
public:
    explicit Reader(Connection& connection);

    Position last_position();
    std::vector<StoredEvent> read(Position after, std::size_t limit);
    std::vector<StoredEvent> read_type(std::string_view event_type, Position after,
                                       std::size_t limit);
    std::vector<StoredEvent> read_execution(std::string_view execution_id, Position after,
                                            std::size_t limit);
    std::vector<StoredEvent> read_stream(std::string_view aggregate_type,
                                         std::string_view aggregate_id, std::uint64_t after_version,
                                         std::size_t limit);
    std::optional<StoredEvent> find(const Uuid& event_id);
    std::optional<AgentRecord> agent(std::string_view name);
    std::vector<AgentRecord> agents();
    std::vector<DeliveryRecord> deliveries(std::string_view agent, DeliveryState state);
    std::optional<DeliveryRecord> delivery(std::string_view agent, Position position);
    std::optional<StateRecord> state(std::string_view agent, std::string_view key);
    std::vector<StateRecord> states(std::string_view agent, std::string_view prefix);

    /// Forgets what it knows of the table of names: after a rollback on its connection.
    void forget_names() { names_.clear(); }

private:
    StoredEvent event(const Statement::Run& run);
    std::vector<StoredEvent> events(Statement::Run run);
    DeliveryRecord delivery(const Statement::Run& run, std::string_view agent) const;
    const std::string& name(std::int64_t id);

    const Connection& connection_;
    std::unordered_map<std::int64_t, std::string> names_; ///< they never change once committed
    Statement last_position_;
    Statement page_;
    Statement page_of_type_;
    Statement page_of_execution_;
    Statement page_of_stream_;
    Statement by_id_;
    Statement name_;
    Statement agent_;
    Statement agents_;
    Statement deliveries_;
    Statement delivery_;
    Statement state_;
    Statement states_;
    Statement states_to_end_;
};

} // namespace bus::sqlite
