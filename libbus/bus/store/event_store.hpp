#pragma once

#include <bus/runtime/home_process.hpp>
#include <bus/store/records.hpp>

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

/// The store cannot do what was asked (disk full, no such file, no database, ...). The message
/// names the store, what failed and what to do.
class StoreError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// What is in the file cannot be right: verify() says more.
class StoreDamaged : public StoreError {
public:
    using StoreError::StoreError;
};

/// The disk did not give back what was asked for. That alone is no damage: a read that fails once
/// may succeed the next time, and verify() says whether the file is whole.
class ReadFailed : public StoreError {
public:
    using StoreError::StoreError;
};

/// The store's files are not what was opened any more: somebody has removed, moved, replaced or
/// overwritten them. The message says what has happened, where the data is and what to do. From
/// then on everything fails with it, and nothing is written, until the store is opened again.
class StoreLost : public StoreError {
public:
    using StoreError::StoreError;
};

/// Whether an exception is a StoreLost.
bool is_store_lost(const std::exception_ptr& error) noexcept;

/// Another process writes the store. The message names it.
class StoreInUse : public StoreError {
public:
    /// `owner`: who writes it, as `order_pipeline (process 4711)`.
    StoreInUse(const std::string& message, std::string owner)
        : StoreError{message}, owner_{std::move(owner)} {}

    [[nodiscard]] const std::string& owner() const noexcept { return owner_; }

private:
    std::string owner_;
};

/// A part was refused for what it holds, such as a text that is too long: it will never be stored.
class PartRefused : public StoreError {
public:
    using StoreError::StoreError;
};

/// The stream has moved on since the caller looked.
class VersionConflict : public std::runtime_error {
public:
    VersionConflict(const std::string& stream, std::uint64_t expected, std::uint64_t actual);

    [[nodiscard]] std::uint64_t expected() const noexcept { return expected_; }

    [[nodiscard]] std::uint64_t actual() const noexcept { return actual_; }

private:
    std::uint64_t expected_;
    std::uint64_t actual_;
};

/// The same event_id was stored before with other content.
class IdConflict : public std::runtime_error {
public:
    explicit IdConflict(const Uuid& event_id);
};

/// An earlier part of the same chain has failed, so this one was not stored either.
class BrokenChain : public std::runtime_error {
public:
    explicit BrokenChain(const std::string& agent);
};

/// The timer has fired or was cancelled before.
class TimerGone : public std::runtime_error {
public:
    explicit TimerGone(std::uint64_t number);
};

/// Events cannot be pruned because an agent still needs them.
class PruneRefused : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// What a store can do beyond what all can; tests ask it what to expect.
struct StoreAbilities {
    bool outlives_process = false; ///< what was committed is there when the store is opened again
    bool backup = false;           ///< backup() works
    bool other_processes = false;  ///< others may read, and make requests, while one writes
};

/// What a store takes on its disk, in bytes.
struct StoreSpace {
    std::uint64_t bytes = 0; ///< of its file
    std::uint64_t free = 0;  ///< of these, what pruning has left: compact() gives it back
};

/// The one place for a bus at a store. Thread safe.
class WriterSeat {
public:
    /// False: it is taken. Throws std::logic_error in a child of fork(), as the store does.
    [[nodiscard]] bool take() {
        home_.check("a store");
        return !taken_.exchange(true);
    }

    void leave() noexcept { taken_ = false; }

private:
    const detail::HomeProcess home_;
    std::atomic<bool> taken_{false};
};

/// An append-only log of events with a global order, and what agents keep, in one database.
/// commit() is called by one thread at a time, the writer; the readers may be called from any
/// thread at any time, also while it runs, and see whole commits only. All throw StoreError, and
/// in a child of fork() std::logic_error: a store belongs to the process that made it.
class EventStore {
public:
    EventStore() = default;
    EventStore(const EventStore&) = delete;
    EventStore& operator=(const EventStore&) = delete;
    virtual ~EventStore() = default;

    /// What it is and where, for messages: `sqlite:/var/lib/orders.db`.
    [[nodiscard]] virtual std::string description() const = 0;

    [[nodiscard]] virtual StoreAbilities abilities() const noexcept = 0;

    /// Where a bus sits while it writes the store: a second one is refused. A store in front of
    /// another one returns that one's, so that two of them are not taken for two stores.
    [[nodiscard]] virtual WriterSeat& writer_seat() noexcept { return seat_; }

    /// Writes all parts in one transaction, in their order; a part that fails is rolled back alone
    /// and says so in its result. Where `durable`, it returns after the disk has it all; else it
    /// survives the end of the process only. Throws StoreError where nothing was written.
    virtual std::vector<PartResult> commit(std::span<const Part> parts, bool durable) = 0;

    /// The position of the newest event, 0 in an empty store.
    virtual Position last_position() = 0;

    /// At most `limit` events after a position, in order of position.
    virtual std::vector<StoredEvent> read(Position after, std::size_t limit) = 0;

    using OnEvent = std::function<void(StoredEvent&)>;
    /// Calls `use` with each event that read() would return, and returns how many they were. What
    /// `use` leaves in an event may serve for the next one, so that not each costs memory of its
    /// own. It must not call the store; what it throws comes out here.
    virtual std::size_t read_each(Position after, std::size_t limit, const OnEvent& use);

    /// The same, of one type by wire name.
    virtual std::vector<StoredEvent> read_type(std::string_view event_type, Position after,
                                               std::size_t limit) = 0;
    /// The same, of one execution.
    virtual std::vector<StoredEvent> read_execution(std::string_view execution_id, Position after,
                                                    std::size_t limit) = 0;
    /// At most `limit` events of a stream after a stream version, in order.
    virtual std::vector<StoredEvent> read_stream(std::string_view aggregate_type,
                                                 std::string_view aggregate_id,
                                                 std::uint64_t after_version,
                                                 std::size_t limit) = 0;
    virtual std::optional<StoredEvent> find(const Uuid& event_id) = 0;

    virtual std::optional<AgentRecord> agent(std::string_view name) = 0;
    /// All agents ever registered and not forgotten, by name.
    virtual std::vector<AgentRecord> agents() = 0;
    /// At most `limit` deliveries of an agent in a state after a position, in order of position.
    virtual std::vector<DeliveryRecord> deliveries(std::string_view agent, DeliveryState state,
                                                   Position after = 0,
                                                   std::size_t limit = unlimited) = 0;
    virtual std::optional<DeliveryRecord> delivery(std::string_view agent, Position position) = 0;
    /// All deliveries of an agent, in order of position.
    virtual std::vector<DeliveryBrief> delivery_briefs(std::string_view agent) = 0;
    virtual std::optional<BegunNote> begun(std::string_view agent) = 0;
    virtual std::optional<StateRecord> state(std::string_view agent, std::string_view key) = 0;
    /// At most `limit` of what an agent keeps under keys that begin with `prefix` and come after
    /// `after_key` (empty: first), by key, compared as bytes; as kept: bus::read_states reads it.
    virtual std::vector<StateRecord> states(std::string_view agent, std::string_view prefix,
                                            std::string_view after_key = {},
                                            std::size_t limit = unlimited) = 0;
    /// At most `limit` timers that come after this due time and number, in that order.
    virtual std::vector<TimerRecord> timers(Timestamp after_due, std::uint64_t after_number,
                                            std::size_t limit) = 0;
    /// The highest number ever given to a timer.
    virtual std::uint64_t last_timer() = 0;
    /// How many timers wait. A store that does not override it reads them all.
    virtual std::uint64_t count_timers();
    /// The events kept after a position by type and version, in this order. A store that does not
    /// override it reads them all.
    virtual std::vector<EventCount> count_events(Position after);
    /// What an agent has not finished by type and version, in this order. A store that does not
    /// override it reads the event of each delivery.
    virtual std::vector<WaitingCount> count_waiting(std::string_view agent);
    /// The account of each agent, all of one moment.
    virtual std::vector<Conservation> conservation() = 0;

    /// Keeps a request of an operator for the host that runs the store, and returns its number.
    /// From any thread, and where abilities() say so from any process, also on a store that is
    /// opened read-only. It is there durably when this returns.
    virtual std::uint64_t ask(const RequestRecord& request) = 0;
    /// Requests after a number, by number; `open_only`: those not carried out yet.
    virtual std::vector<RequestRecord> requests(std::uint64_t after, std::size_t limit,
                                                bool open_only) = 0;
    /// The same backwards: at most `limit` of those before a number (0: of all), the newest first.
    virtual std::vector<RequestRecord> newest_requests(std::uint64_t before, std::size_t limit,
                                                       bool open_only);
    /// Removes at most `limit` of the requests that were answered before a time, the oldest first,
    /// and returns how many; the newest request of all stays, so that no number is used twice. By
    /// the writer's thread only.
    virtual std::size_t prune_requests(Timestamp before, std::size_t limit);

    /// The position of the oldest event kept; last_position() + 1 where none is.
    virtual Position first_position() = 0;
    /// The highest position such that all events kept up to it occurred before `time`; 0: none.
    virtual Position last_before(Timestamp time) = 0;
    /// The first event after a position that says that it occurred at `time` or later; 0: none.
    virtual Position first_dated_from(Timestamp time, Position after);
    /// The highest position such that it and all before it were stored before `time`, as far as the
    /// store has noted when: about once a minute (Part::stored_at). A note that is later than `now`
    /// is of a clock that was wrong, and not believed; after one that was set back time is taken to
    /// stand still. 0: it knows of none.
    virtual Position last_stored_before(Timestamp time, Timestamp now);
    /// Removes at most `limit` of the oldest events, up to a position, and returns how many. Their
    /// streams go on with the versions they had. By the writer's thread only, like commit. Throws
    /// PruneRefused, which names an agent that needs one of them: its checkpoint is before it, or
    /// it has a delivery that is not done with.
    virtual std::size_t prune(Position through, std::size_t limit) = 0;
    /// Forgets at most `limit` of the streams whose events are all pruned, and the last of which
    /// occurred before a time; returns how many. Such a stream begins again with version 1. By the
    /// writer's thread only.
    virtual std::size_t prune_streams(Timestamp before, std::size_t limit);
    /// Removes an agent with all it keeps, timers included; requests stay, as traces, and one of
    /// them is answered together with it. By the writer's thread only. False: there was nothing of
    /// it.
    virtual bool forget(std::string_view agent,
                        const std::optional<RequestAnswer>& answer = {}) = 0;

    /// Gives an agent another name, with all it keeps: its place in the log, its counts,
    /// deliveries, states and timers, whose handles stay valid. Requests keep the name that they
    /// were made with; `trace` is kept with them, answered. By the writer's thread only. False:
    /// there is nothing of `from`, and no trace is left. Throws StoreError, and has changed
    /// nothing, if there is anything of `to`, or the store cannot do it.
    virtual bool rename_agent(std::string_view from, std::string_view to,
                              const RequestRecord& trace);

    /// Nothing where it has no file.
    virtual StoreSpace space() { return {}; }

    /// Gives what is free in the file back to the disk, by writing all that is in it anew: for
    /// that time the disk, and the folder for temporary files, must have room for that much again.
    /// Whatever happens meanwhile, the store is as before or compacted. By the writer's thread
    /// only.
    virtual void compact() {}

    /// Looks whether the store is still what was opened, as commit() does first of all. By the
    /// writer's thread only. Throws StoreLost; StoreError for what the host should know though
    /// commits go on, such as a trigger that another program has made.
    virtual void look() {}

    /// Writes all of one moment to a new store at a path, while the writer goes on. Throws
    /// StoreError where abilities() say that it cannot, or the path is taken.
    virtual void backup(const std::string& to) = 0;

    static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

private:
    WriterSeat seat_;
};

} // namespace bus
