#pragma once

#include <bus/store/event_store.hpp>
#include <bus/store/internal/agent_progress.hpp>
#include <bus/store/sqlite/connection.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bus::sqlite {

/// Reads over one connection what agents keep and what operators request. The functions are those
/// of EventStore. Each call is one statement, and so one snapshot, and leaves no cursor open. Not
/// thread safe.
class AgentReader {
public:
    explicit AgentReader(Connection& connection);

    std::optional<AgentRecord> agent(std::string_view name);
    std::vector<AgentRecord> agents();
    std::vector<DeliveryRecord> deliveries(std::string_view agent, DeliveryState state,
                                           Position after, std::size_t limit);
    std::optional<DeliveryRecord> delivery(std::string_view agent, Position position);
    std::vector<DeliveryBrief> delivery_briefs(std::string_view agent);
    std::optional<BegunNote> begun(std::string_view agent);
    std::optional<StateRecord> state(std::string_view agent, std::string_view key);
    std::vector<StateRecord> states(std::string_view agent, std::string_view prefix,
                                    std::string_view after_key, std::size_t limit);
    std::vector<WaitingCount> count_waiting(std::string_view agent);
    std::vector<Conservation> conservation();
    std::vector<RequestRecord> requests(std::uint64_t after, std::size_t limit, bool open_only);
    std::vector<RequestRecord> newest_requests(std::uint64_t before, std::size_t limit,
                                               bool open_only);

private:
    DeliveryState delivery_state(std::int64_t number) const;
    DeliveryRecord delivery(const Statement::Run& run, std::string_view agent) const;
    RequestRecord request(const Statement::Run& run) const;

    const Connection& connection_;
    Statement agent_;
    Statement agents_;
    Statement deliveries_;
    Statement delivery_;
    Statement briefs_;
    Statement begun_;
    Statement state_;
    Statement states_;
    Statement states_to_end_;
    Statement count_waiting_;
    Statement conservation_;
    Statement requests_;
    Statement open_requests_;
    Statement newest_requests_;
};

/// The note in the four columns of a row of `agents` from `column` on; none if they are NULL.
std::optional<BegunNote> begun_note(const Connection& connection, const Statement::Run& run,
                                    int column);

/// The note of a replay in the columns replay_through, replay_effects and replay_live.
ReplayNote replay_note(const Connection& connection, const Statement::Run& run, int column);
/// The value of the last of these columns: the first and last position of each range, one after the
/// other.
std::string live_json(const ReplayNote& note);

} // namespace bus::sqlite
