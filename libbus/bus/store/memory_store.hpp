#pragma once

#include <bus/store/event_store.hpp>

#include <memory>
#include <string>
#include <vector>

namespace bus {

/// A store in memory. It keeps all promises of a store for as long as the object lives; `durable`
/// makes no difference. It is meant for tests, and for programs that want the behaviour of durable
/// agents without a file. Thread safe as EventStore is.
class MemoryStore final : public EventStore {
public:
    MemoryStore();
    ~MemoryStore() override;

    [[nodiscard]] std::string description() const override { return "memory"; }

    /// None of them: each needs a file.
    [[nodiscard]] StoreAbilities abilities() const noexcept override { return {}; }

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
    std::vector<DeliveryRecord> deliveries(std::string_view agent, DeliveryState state,
                                           Position after = 0,
                                           std::size_t limit = unlimited) override;
    std::optional<DeliveryRecord> delivery(std::string_view agent, Position position) override;
    std::vector<DeliveryBrief> delivery_briefs(std::string_view agent) override;
    std::optional<BegunNote> begun(std::string_view agent) override;
    std::optional<StateRecord> state(std::string_view agent, std::string_view key) override;
    std::vector<StateRecord> states(std::string_view agent, std::string_view prefix,
                                    std::string_view after_key = {},
                                    std::size_t limit = unlimited) override;
    std::vector<TimerRecord> timers(Timestamp after_due, std::uint64_t after_number,
                                    std::size_t limit) override;
    std::uint64_t last_timer() override;
    std::uint64_t count_timers() override;
    std::vector<EventCount> count_events(Position after) override;
    std::vector<Conservation> conservation() override;

    std::uint64_t ask(const RequestRecord& request) override;
    std::vector<RequestRecord> requests(std::uint64_t after, std::size_t limit,
                                        bool open_only) override;
    std::vector<RequestRecord> newest_requests(std::uint64_t before, std::size_t limit,
                                               bool open_only) override;

    Position first_position() override;
    Position last_before(Timestamp time) override;
    Position first_dated_from(Timestamp time, Position after) override;
    Position last_stored_before(Timestamp time, Timestamp now) override;
    std::size_t prune(Position through, std::size_t limit) override;
    std::size_t prune_streams(Timestamp before, std::size_t limit) override;
    std::size_t prune_requests(Timestamp before, std::size_t limit) override;
    bool forget(std::string_view agent, const std::optional<RequestAnswer>& answer = {}) override;
    bool rename_agent(std::string_view from, std::string_view to,
                      const RequestRecord& trace) override;
    /// Always throws StoreError.
    void backup(const std::string& to) override;

private:
    struct Data;
    std::unique_ptr<Data> data_;
};

} // namespace bus
