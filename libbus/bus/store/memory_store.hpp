#pragma once

#include <bus/store/event_store.hpp>

#include <boost/uuid/uuid_hash.hpp>

#include <cstddef>
#include <deque>
#include <map>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace bus {

/// A store in memory: all that a store promises, for as long as the object lives. For tests, and
/// for programs that want durable agents' behaviour without a file. `durable` changes nothing.
class MemoryStore final : public EventStore {
public:
    [[nodiscard]] std::string description() const override { return "memory"; }

    std::vector<PartResult> commit(std::span<const Part> parts, bool durable) override;

    Position last_position() override;
    std::vector<StoredEvent> read(Position after, std::size_t limit) override;
    std::vector<StoredEvent> read_type(std::string_view event_type, Position after,
                                       std::size_t limit) override;
    std::vector<StoredEvent> read_execution(std::string_view execution_id, Position after,
                                            std::size_t limit) override;
    std::vector<StoredEvent> read_stream(std::string_view aggregate_type,
                                         std::string_view aggregate_id, std::uint64_t after_version,
                                         std::size_t limit) override;
    std::optional<StoredEvent> find(const Uuid& event_id) override;

    std::optional<AgentRecord> agent(std::string_view name) override;
    std::vector<AgentRecord> agents() override;
    std::vector<DeliveryRecord> deliveries(std::string_view agent, DeliveryState state) override;
    std::optional<DeliveryRecord> delivery(std::string_view agent, Position position) override;
    std::optional<StateRecord> state(std::string_view agent, std::string_view key) override;
    std::vector<StateRecord> states(std::string_view agent, std::string_view prefix) override;

private:
    struct AgentData {
        std::optional<AgentRecord> record; ///< none: never registered
        std::map<Position, DeliveryRecord> deliveries;
        std::map<std::string, std::string, std::less<>> states;
    };
    /// Positions of events, ascending, by what they have in common.
    template <class Key>
    using Index = std::map<Key, std::vector<Position>, std::less<>>;
    using StreamView = std::pair<std::string_view, std::string_view>;

    struct StreamLess {
        using is_transparent = void;

        template <class A, class B>
        bool operator()(const A& a, const B& b) const {
            return StreamView{a.first, a.second} < StreamView{b.first, b.second};
        }
    };

    PartResult commit_part(const Part& part);
    void check_agent(const Part& part) const;
    PartResult::Place append(const NewEvent& event);
    void truncate(std::size_t size);
    void write_agent(const Part& part);
    std::vector<DeliveryRecord> redrive(const Part& part);

    [[nodiscard]] const AgentData* find_agent(std::string_view name) const;
    [[nodiscard]] std::vector<StoredEvent> page(const std::vector<Position>* positions,
                                                Position after, std::size_t limit) const;

    mutable std::shared_mutex mutex_;
    std::deque<StoredEvent> events_; ///< that of position p at p - 1
    std::unordered_map<Uuid, Position, boost::hash<Uuid>> by_id_;
    Index<std::string> by_type_;
    Index<std::string> by_execution_;
    std::map<std::pair<std::string, std::string>, std::vector<Position>, StreamLess> streams_;
    std::map<std::string, AgentData, std::less<>> agents_;
};

} // namespace bus
