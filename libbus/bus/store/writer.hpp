#pragma once

#include <bus/runtime/runtime.hpp>
#include <bus/store/event_store.hpp>
#include <bus/store/internal/broken_chains.hpp>
#include <bus/store/internal/commit_bell.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace bus {

/// Group commit: takes parts from any thread and writes them on a thread of its own. All parts that
/// are waiting share one commit. While that commit is written to the disk, the next one gathers.
/// Thread safe.
class Writer {
public:
    using Event = std::shared_ptr<const StoredEvent>; ///< an event in the store

    /// An event that was committed. If it is not taken, it goes back to the submitter with its
    /// part: creating objects on this one thread, and freeing objects of other threads there, would
    /// slow down every commit.
    class CommittedEvent {
    public:
        /// `event` must outlive this object.
        CommittedEvent(NewEvent& event, const PartResult::Place& place)
            : event_{event}, place_{place} {}

        /// The position that the event got.
        [[nodiscard]] Position position() const noexcept { return place_.position; }

        /// The event's type; null if the program does not know it.
        [[nodiscard]] const EventType* type() const;

        /// The event as an object; all callers get the same one.
        [[nodiscard]] const Event& take() const;

    private:
        std::reference_wrapper<NewEvent> event_;
        PartResult::Place place_;
        mutable Event taken_;
        mutable const EventType* found_ = nullptr;
    };

    /// The new events of one commit, in order of position, without those that were stored before.
    struct Committed {
        Position previous_last = 0;             ///< the last position before them
        std::span<const CommittedEvent> events; ///< in order of position
    };

    /// Called on the writer's thread, in order of commit, before the parts' own callbacks.
    using OnCommitted = std::function<void(const Committed&)>;
    /// Called on the writer's thread with the result of a part and what is left of the part, so
    /// that the submitter can free it. Must not throw.
    using Done = std::function<void(PartResult&&, Part&&)>;
    /// Like Done, for several parts that were submitted together; the first argument is the part's
    /// index.
    using DoneOfMany = std::function<void(std::size_t, PartResult&&, Part&&)>;

    /// Called on the writer's thread with a problem of the store, even if no part is waiting that
    /// could report it. If the store is lost, it is called once. Any other problem is reported once
    /// until a look finds the store well. Must not throw.
    using OnTrouble = std::function<void(const std::string& what, bool lost)>;

    /// `on_idle` is called on the writer's thread when nothing is left to write.
    Writer(EventStore& store, Runtime& runtime, OnCommitted on_committed, Task on_idle,
           OnTrouble on_trouble = {});
    /// Writes what is still waiting first.
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    using Bell = std::shared_ptr<internal::CommitBell>; ///< rings after a commit

    /// Hands a part over. If this throws, `done` will not be called. Parts submitted by one thread
    /// are written in that order. The returned bell rings after the next commit, when `done` of all
    /// its parts has been called. If more is waiting than one commit takes, which is rare, that
    /// commit may not contain this part.
    Bell submit(Part part, Done done);
    /// Hands several parts over. They are written in this order, though possibly in several
    /// commits.
    void submit(std::vector<Part> parts, DoneOfMany done);

    /// Runs a task on the writer's thread, between commits, for things that only the writer may do
    /// with the store. The task must not throw.
    void run(Task task);

    /// Lets the store check, between commits, whether its files are still those that were opened.
    void look();

    /// The number of parts that wait or are being written. A part counts until its callback has
    /// returned.
    [[nodiscard]] std::size_t pending() const;

private:
    /// The callback for the result of a part.
    struct Receiver {
        Done done{};                                    ///< for a part that was handed over alone
        std::shared_ptr<const DoneOfMany> of_several{}; ///< otherwise
        std::size_t index = 0;                          ///< index among several
    };

    /// Parts, each with its receiver.
    struct Entries {
        std::vector<Part> parts{};
        std::vector<Receiver> receivers{};
        std::size_t weight = 0; ///< number of parts and events

        void make_room(std::size_t more);
        void add(Part&& part, Receiver&& receiver) noexcept;
        void take(Entries& from);
        void clear();
    };

    void begin();
    void gather();
    void write_waiting();
    void write(Entries& entries);
    std::vector<PartResult> commit(std::span<const Part> parts);
    std::vector<PartResult> commit_whole_chains(std::span<const Part> parts, bool durable);
    void count_publishers(const std::vector<Part>& parts);
    void note_lost(const std::exception& error);
    void hand_on(std::vector<Part>& parts, const std::vector<PartResult>& results);

    EventStore& store_;
    Runtime& runtime_;
    OnCommitted on_committed_;
    Task on_idle_;
    OnTrouble on_trouble_;
    Position last_;
    mutable std::mutex mutex_;
    Entries waiting_;
    Bell bell_; ///< for the parts that wait now
    std::size_t pending_ = 0;
    bool scheduled_ = false;
    Entries writing_;               ///< the writer's own: the commit under way
    internal::BrokenChains broken_; ///< the writer's own: chains of commits that threw
    std::exception_ptr lost_;       ///< the writer's own: if set, the error of all further parts
    std::string trouble_;           ///< the writer's own: found by the last look; empty: none
    std::size_t publishers_ = 0;    ///< the writer's own: publishers that may publish again at once
    bool disk_is_limit_ = false;    ///< the writer's own: true of the last commit
    std::unique_ptr<Executor> thread_; ///< last, because its destructor runs what is queued
};

} // namespace bus
