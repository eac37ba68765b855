#pragma once

#include <bus/runtime/home_process.hpp>
#include <bus/store/part.hpp>
#include <bus/store/records.hpp>
#include <bus/store/store_error.hpp>

#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bus {

/// What a store can do in addition to what every store can do. The conformance tests use it to know
/// what to expect.
struct StoreAbilities {
    bool outlives_process = false; ///< committed data is there when the store is opened again
    bool backup = false;           ///< backup() works
    bool other_processes = false;  ///< other processes may read and make requests while one writes
};

/// The disk space that a store uses, in bytes.
struct StoreSpace {
    std::uint64_t bytes = 0; ///< the size of its file
    std::uint64_t free = 0;  ///< the part of `bytes` that is free; compact() gives it back
};

/// Ensures that only one bus at a time uses a store. Thread safe.
class WriterSeat {
public:
    /// Takes the seat. Returns false if a bus has it already. Throws std::logic_error in a child of
    /// fork(), as the store does.
    [[nodiscard]] bool take() {
        home_.check("a store");
        return !taken_.exchange(true);
    }

    /// Frees the seat for another bus.
    void leave() noexcept { taken_ = false; }

private:
    const detail::HomeProcess home_;
    std::atomic<bool> taken_{false};
};

/// An append-only log of events with a global order, and everything that agents keep, in one
/// database.
///
/// One thread at a time, the writer, calls commit() and the other functions that are marked "for
/// the writer's thread only". All other functions may be called from any thread at any time, even
/// while commit() runs, and see only whole commits. All functions throw StoreError if the store
/// fails. In a child of fork() all of them throw std::logic_error: a store belongs to the process
/// that opened it.
class EventStore {
public:
    EventStore() = default;
    EventStore(const EventStore&) = delete;
    EventStore& operator=(const EventStore&) = delete;
    virtual ~EventStore() = default;

    /// What the store is and where it is, for messages: `sqlite:/var/lib/orders.db`.
    [[nodiscard]] virtual std::string description() const = 0;

    /// What this store can do in addition to what every store can do.
    [[nodiscard]] virtual StoreAbilities abilities() const noexcept = 0;

    /// The seat that a bus takes while it uses the store, so that a second bus is refused. A store
    /// that wraps another store returns the seat of the wrapped one: no two buses may use the same
    /// data.
    [[nodiscard]] virtual WriterSeat& writer_seat() noexcept { return seat_; }

    /// Writes all parts in one transaction, in their order, and returns one result for each. A part
    /// that fails is rolled back alone, and its result holds the error. If `durable` is true,
    /// commit() returns when everything is on the disk. Otherwise what it wrote survives the end of
    /// the process, but perhaps not a power failure. Throws StoreError if nothing was written. For
    /// the writer's thread only.
    virtual std::vector<PartResult> commit(std::span<const Part> parts, bool durable) = 0;

    /// The position of the newest event that was ever stored, even if it was pruned since; 0 if
    /// there was none.
    virtual Position last_position() = 0;

    /// Returns at most `limit` events after a position, in order of position.
    virtual std::vector<StoredEvent> read(Position after, std::size_t limit) = 0;

    /// What read_each() calls with each event.
    using OnEvent = std::function<void(StoredEvent&)>;
    /// Calls `use` with each event that read() would return, and returns how many there were. The
    /// store may reuse the object and its memory for the next event; `use` may move from it. `use`
    /// must not call the store. If `use` throws, read_each() ends with the same exception.
    virtual std::size_t read_each(Position after, std::size_t limit, const OnEvent& use);

    /// Like read(), but only events of one type, given by its wire name.
    virtual std::vector<StoredEvent> read_type(std::string_view event_type, Position after,
                                               std::size_t limit) = 0;
    /// Like read(), but only events of one execution.
    virtual std::vector<StoredEvent> read_execution(std::string_view execution_id, Position after,
                                                    std::size_t limit) = 0;
    /// At most `limit` events of a stream after a stream version, in order of version.
    virtual std::vector<StoredEvent> read_stream(std::string_view aggregate_type,
                                                 std::string_view aggregate_id,
                                                 std::uint64_t after_version,
                                                 std::size_t limit) = 0;
    /// The event with this id; none if the store does not hold it.
    virtual std::optional<StoredEvent> find(const Uuid& event_id) = 0;

    /// The record of an agent; none if the store has no record of it.
    virtual std::optional<AgentRecord> agent(std::string_view name) = 0;
    /// All agents that were ever registered and not forgotten, by name.
    virtual std::vector<AgentRecord> agents() = 0;
    /// At most `limit` deliveries of an agent that are in `state` and after a position, in order of
    /// position.
    virtual std::vector<DeliveryRecord> deliveries(std::string_view agent, DeliveryState state,
                                                   Position after = 0,
                                                   std::size_t limit = unlimited) = 0;
    /// An agent's delivery of one event; none if there is no such delivery.
    virtual std::optional<DeliveryRecord> delivery(std::string_view agent, Position position) = 0;
    /// All deliveries of an agent, in order of position.
    virtual std::vector<DeliveryBrief> delivery_briefs(std::string_view agent) = 0;
    /// The newest note of the deliveries that an agent had under way; none if it has no note.
    virtual std::optional<BegunNote> begun(std::string_view agent) = 0;
    /// What an agent keeps under a key; none if it keeps nothing there.
    virtual std::optional<StateRecord> state(std::string_view agent, std::string_view key) = 0;
    /// At most `limit` states of an agent: those whose keys begin with `prefix` and come after
    /// `after_key` (empty: from the first key). The order is that of the keys, compared as bytes.
    /// The states are returned as stored; bus::read_states decodes them.
    virtual std::vector<StateRecord> states(std::string_view agent, std::string_view prefix,
                                            std::string_view after_key = {},
                                            std::size_t limit = unlimited) = 0;
    /// At most `limit` timers, in order of due time and number, that come after `after_due` and
    /// `after_number`.
    virtual std::vector<TimerRecord> timers(Timestamp after_due, std::uint64_t after_number,
                                            std::size_t limit) = 0;
    /// The highest number that was ever given to a timer; 0: there was no timer.
    virtual std::uint64_t last_timer() = 0;
    /// How many timers are waiting. The default implementation reads all of them.
    virtual std::uint64_t count_timers();
    /// How many events the store holds after a position, for each type and version, ordered by type
    /// and version. The default implementation reads all of these events.
    virtual std::vector<EventCount> count_events(Position after);
    /// How many deliveries an agent has not finished, for each type and version, ordered by type
    /// and version. The default implementation reads the event of each delivery.
    virtual std::vector<WaitingCount> count_waiting(std::string_view agent);
    /// The counts of each agent, all taken at the same moment.
    virtual std::vector<Conservation> conservation() = 0;

    /// Stores a request of an operator for the program whose bus uses the store, and returns the
    /// request's number. May be called from any thread, even on a store that was opened read-only,
    /// and from any process if abilities() allow it. The request is durable when ask() returns.
    virtual std::uint64_t ask(const RequestRecord& request) = 0;
    /// At most `limit` requests with a number above `after`, in order of number. `open_only`: only
    /// those that were not carried out yet.
    virtual std::vector<RequestRecord> requests(std::uint64_t after, std::size_t limit,
                                                bool open_only) = 0;
    /// At most `limit` requests with a number below `before` (0: of all requests), the newest
    /// first. `open_only`: only those that were not carried out yet.
    virtual std::vector<RequestRecord> newest_requests(std::uint64_t before, std::size_t limit,
                                                       bool open_only);
    /// Removes at most `limit` of the requests that were answered before a time, the oldest first,
    /// and returns how many it removed. The newest request always stays, so that no number is used
    /// twice. For the writer's thread only. The default implementation throws StoreError.
    virtual std::size_t prune_requests(Timestamp before, std::size_t limit);

    /// The position of the oldest event that the store holds; last_position() + 1 if it holds none.
    virtual Position first_position() = 0;
    /// The highest position such that the event there, and all earlier ones in the store, have an
    /// own time (occurred_at) before `time`; 0 if there is none. An event that is dated in the
    /// future by mistake keeps the result before it. To prune by age, use aged_events() in
    /// <bus/store/retention.hpp>, which finds such events.
    virtual Position last_before(Timestamp time) = 0;
    /// The position of the first event after a position whose own time is `time` or later; 0 if
    /// there is none. The default implementation reads the events.
    virtual Position first_dated_from(Timestamp time, Position after);
    /// The highest position such that the event there, and all earlier ones, were stored before
    /// `time`; 0 if the store knows of none. The default implementation returns 0.
    ///
    /// About once a minute a store notes the time and the position that it has just stored
    /// (Part::stored_at). A note whose time is later than `now` comes from a wrong clock and is
    /// ignored. If the clock was set back, time counts as standing still until the clock reaches
    /// the earlier notes again.
    virtual Position last_stored_before(Timestamp time, Timestamp now);
    /// Removes at most `limit` of the oldest events, up to and including a position, and returns
    /// how many it removed. Later events of their streams continue the version numbers. For the
    /// writer's thread only, like commit(). Throws PruneRefused if an agent still needs one of the
    /// events: its checkpoint is before the event, or its delivery of the event has not finished.
    virtual std::size_t prune(Position through, std::size_t limit) = 0;
    /// Forgets at most `limit` of the streams whose events are all pruned and whose last event
    /// occurred before a time. Returns how many it forgot. The next event of a forgotten stream has
    /// version 1. For the writer's thread only.
    virtual std::size_t prune_streams(Timestamp before, std::size_t limit);
    /// Removes an agent and everything that the store keeps for it, including its timers. Requests
    /// that concern the agent are kept. `answer`, if given, is stored in the same transaction. For
    /// the writer's thread only. Returns false if the store had nothing of the agent.
    virtual bool forget(std::string_view agent,
                        const std::optional<RequestAnswer>& answer = {}) = 0;

    /// Gives an agent another name. The agent keeps its place in the log, its counts, deliveries,
    /// states and timers, and the handles of its timers stay valid. Existing requests keep the old
    /// name. `trace` is stored as one more request, which is answered already. For the writer's
    /// thread only.
    ///
    /// Returns false, and stores no trace, if the store has nothing of `from`. Throws StoreError if
    /// the store already has anything of `to`, or cannot rename agents; then nothing has changed.
    /// The default implementation throws StoreError.
    virtual bool rename_agent(std::string_view from, std::string_view to,
                              const RequestRecord& trace);

    /// The disk space that the store uses; zeros if it has no file.
    virtual StoreSpace space() { return {}; }

    /// Gives the free space in the file back to the disk by rewriting the whole content. Meanwhile
    /// the disk and the folder for temporary files each need room for another copy of the content.
    /// If compact() is interrupted, the store is either as before or compacted. For the writer's
    /// thread only. The default implementation does nothing.
    virtual void compact() {}

    /// Checks whether the store's files are still those that were opened. commit() begins with the
    /// same check. For the writer's thread only. Throws StoreLost if they are not. Throws
    /// StoreError if commits still work but there is something that the host should know, for
    /// example that another program has created a trigger. The default implementation does nothing.
    virtual void look() {}

    /// Writes a snapshot of the store to a new store at a path. The writer may commit meanwhile.
    /// Throws StoreError if abilities() say that the store cannot do it, or if the path exists
    /// already.
    virtual void backup(const std::string& to) = 0;

    /// The `limit` that stands for no limit.
    static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

private:
    WriterSeat seat_;
};

} // namespace bus
