#pragma once

#include <bus/store/event_store.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace test {

/// A store in front of another one, with commits that fail on demand. It does not remember which
/// chains failed with them: the writer does this, with any store.
class TroubledStore final : public bus::EventStore {
public:
    explicit TroubledStore(std::shared_ptr<bus::EventStore> inner) : inner_{std::move(inner)} {}

    /// While true, nothing can be committed.
    std::atomic<bool> disk_full{false};
    /// While true, nothing can be read.
    std::atomic<bool> unreadable{false};
    /// While true, the requests of operators cannot be read.
    std::atomic<bool> requests_unreadable{false};
    /// While true, the record of an agent cannot be read.
    std::atomic<bool> agents_unreadable{false};
    /// Called before events or an agent are removed.
    std::function<void()> before_removal;
    /// How many commits have failed.
    std::atomic<int> failed{0};
    /// Called before each commit; if it returns true, that commit fails.
    std::function<bool()> fails_next;
    /// Called after a commit is in the store, before anybody learns of it.
    std::function<void()> after_commit;
    /// Called before and after each read of a page of the log.
    std::function<void()> before_read;
    std::function<void(bus::Position after, std::size_t count)> after_read;

    [[nodiscard]] std::string description() const override { return "troubled"; }

    [[nodiscard]] bus::StoreAbilities abilities() const noexcept override {
        return inner_->abilities();
    }

    [[nodiscard]] bus::WriterSeat& writer_seat() noexcept override { return inner_->writer_seat(); }

    std::vector<bus::PartResult> commit(std::span<const bus::Part> parts, bool durable) override {
        if (disk_full || (fails_next && fails_next())) {
            ++failed;
            throw bus::StoreError{"troubled: disk full; free some space"};
        }
        auto results = inner_->commit(parts, durable);
        if (after_commit) {
            after_commit();
        }
        return results;
    }

    bus::Position last_position() override { return reader().last_position(); }

    std::vector<bus::StoredEvent> read(bus::Position after, std::size_t limit) override {
        if (before_read) {
            before_read();
        }
        auto events = reader().read(after, limit);
        if (after_read) {
            after_read(after, events.size());
        }
        return events;
    }

    std::vector<bus::StoredEvent> read_type(std::string_view type, bus::Position after,
                                            std::size_t limit) override {
        return reader().read_type(type, after, limit);
    }

    std::vector<bus::StoredEvent> read_execution(std::string_view execution, bus::Position after,
                                                 std::size_t limit) override {
        return reader().read_execution(execution, after, limit);
    }

    std::vector<bus::StoredEvent> read_stream(std::string_view type, std::string_view id,
                                              std::uint64_t after, std::size_t limit) override {
        return reader().read_stream(type, id, after, limit);
    }

    std::optional<bus::StoredEvent> find(const bus::Uuid& id) override { return reader().find(id); }

    std::optional<bus::AgentRecord> agent(std::string_view name) override {
        if (agents_unreadable) {
            throw bus::StoreError{"troubled: the agents are damaged; look at the disk"};
        }
        return reader().agent(name);
    }

    std::vector<bus::AgentRecord> agents() override { return reader().agents(); }

    std::vector<bus::DeliveryRecord> deliveries(std::string_view agent, bus::DeliveryState state,
                                                bus::Position after, std::size_t limit) override {
        return reader().deliveries(agent, state, after, limit);
    }

    std::optional<bus::DeliveryRecord> delivery(std::string_view agent,
                                                bus::Position position) override {
        return reader().delivery(agent, position);
    }

    std::optional<bus::StateRecord> state(std::string_view agent, std::string_view key) override {
        return reader().state(agent, key);
    }

    std::vector<bus::StateRecord> states(std::string_view agent, std::string_view prefix,
                                         std::string_view after_key, std::size_t limit) override {
        return reader().states(agent, prefix, after_key, limit);
    }

    std::vector<bus::DeliveryBrief> delivery_briefs(std::string_view agent) override {
        return reader().delivery_briefs(agent);
    }

    std::optional<bus::BegunNote> begun(std::string_view agent) override {
        return reader().begun(agent);
    }

    std::vector<bus::TimerRecord> timers(bus::Timestamp after_due, std::uint64_t after_number,
                                         std::size_t limit) override {
        return reader().timers(after_due, after_number, limit);
    }

    std::uint64_t last_timer() override { return reader().last_timer(); }

    std::uint64_t count_timers() override { return reader().count_timers(); }

    std::vector<bus::EventCount> count_events(bus::Position after) override {
        return reader().count_events(after);
    }

    std::vector<bus::WaitingCount> count_waiting(std::string_view agent) override {
        return reader().count_waiting(agent);
    }

    std::vector<bus::Conservation> conservation() override { return reader().conservation(); }

    std::uint64_t ask(const bus::RequestRecord& request) override { return writer().ask(request); }

    std::vector<bus::RequestRecord> requests(std::uint64_t after, std::size_t limit,
                                             bool open_only) override {
        if (requests_unreadable) {
            throw bus::StoreError{"troubled: the requests are damaged; look at the disk"};
        }
        return reader().requests(after, limit, open_only);
    }

    std::vector<bus::RequestRecord> newest_requests(std::uint64_t before, std::size_t limit,
                                                    bool open_only) override {
        return reader().newest_requests(before, limit, open_only);
    }

    std::size_t prune_requests(bus::Timestamp before, std::size_t limit) override {
        return writer().prune_requests(before, limit);
    }

    std::size_t prune_streams(bus::Timestamp before, std::size_t limit) override {
        return writer().prune_streams(before, limit);
    }

    bus::Position first_dated_from(bus::Timestamp time, bus::Position after) override {
        return reader().first_dated_from(time, after);
    }

    bus::Position last_stored_before(bus::Timestamp time, bus::Timestamp now) override {
        return reader().last_stored_before(time, now);
    }

    bus::Position first_position() override { return reader().first_position(); }

    bus::Position last_before(bus::Timestamp time) override { return reader().last_before(time); }

    std::size_t prune(bus::Position through, std::size_t limit) override {
        if (before_removal) {
            before_removal();
        }
        return writer().prune(through, limit);
    }

    bool forget(std::string_view agent,
                const std::optional<bus::RequestAnswer>& answer = {}) override {
        if (before_removal) {
            before_removal();
        }
        return writer().forget(agent, answer);
    }

    bool rename_agent(std::string_view from, std::string_view to,
                      const bus::RequestRecord& trace) override {
        return writer().rename_agent(from, to, trace);
    }

    void backup(const std::string& to) override { reader().backup(to); }

private:
    /// The inner store, for changes that commit() cannot make.
    bus::EventStore& writer() {
        if (disk_full) {
            throw bus::StoreError{"troubled: disk full; free some space"};
        }
        return *inner_;
    }

    bus::EventStore& reader() {
        if (unreadable) {
            throw bus::StoreError{"troubled: cannot be read; look at the disk"};
        }
        return *inner_;
    }

    std::shared_ptr<bus::EventStore> inner_;
};

} // namespace test
