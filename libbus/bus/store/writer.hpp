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

/// Group commit: takes parts from any thread and writes them on one thread of its own, as many in
/// one commit as are waiting. While one commit is on its way to the disk, the next one gathers.
class Writer {
public:
    using Event = std::shared_ptr<const StoredEvent>;

    /// An event that was committed. What nobody takes goes back to who has submitted it, with its
    /// part: making objects on this one thread, and freeing there what others have made, would
    /// slow all commits down.
    class CommittedEvent {
    public:
        CommittedEvent(NewEvent& event, const PartResult::Place& place)
            : event_{event}, place_{place} {}

        [[nodiscard]] Position position() const noexcept { return place_.position; }

        /// Null where the program does not know it.
        [[nodiscard]] const EventType* type() const;

        /// The event, for all who take it the same object.
        [[nodiscard]] const Event& take() const;

    private:
        std::reference_wrapper<NewEvent> event_;
        PartResult::Place place_;
        mutable Event taken_;
        mutable const EventType* found_ = nullptr;
    };

    /// What one commit brought: the events in order of position, none that was there before.
    struct Committed {
        Position previous_last = 0; ///< the last position before them
        std::span<const CommittedEvent> events;
    };

    /// Called on the writer's thread, in order of commit, before the parts' own callbacks.
    using OnCommitted = std::function<void(const Committed&)>;
    /// What became of a part, and what is left of it, to be freed by who has made it; called on the
    /// writer's thread. Must not throw.
    using Done = std::function<void(PartResult&&, Part&&)>;
    /// The same of several, by their index.
    using DoneOfMany = std::function<void(std::size_t, PartResult&&, Part&&)>;

    /// Called on the writer's thread with what is wrong with the store, of which no part that waits
    /// may hear: once if it is lost, and else once until a look finds it well. Must not throw.
    using OnTrouble = std::function<void(const std::string& what, bool lost)>;

    /// `on_idle` is called on the writer's thread when nothing is left to write.
    Writer(EventStore& store, Runtime& runtime, OnCommitted on_committed, Task on_idle,
           OnTrouble on_trouble = {});
    /// Writes what is waiting first.
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    using Bell = std::shared_ptr<internal::CommitBell>;

    /// Hands a part over. If it throws, `done` will not be called. Parts of one thread are written
    /// in its order. The bell rings after the next commit, when `done` of all its parts has been
    /// called; seldom, where more waited than one commit takes, not this part's.
    Bell submit(Part part, Done done);
    /// Hands several over that are written in this order, though maybe not in one commit.
    void submit(std::vector<Part> parts, DoneOfMany done);

    /// Runs a task on the writer's thread, between commits: for what only the writer may do with
    /// the store. It must not throw.
    void run(Task task);

    /// Has the store look, between commits, whether it is still what was opened.
    void look();

    /// Parts that wait or are being written, those included whose callbacks still run.
    [[nodiscard]] std::size_t pending() const;

private:
    /// Who is told what became of a part.
    struct Receiver {
        Done done{};                                    ///< of a part that was handed over alone
        std::shared_ptr<const DoneOfMany> of_several{}; ///< else
        std::size_t index = 0;                          ///< among those
    };

    /// Parts, each with its receiver.
    struct Entries {
        std::vector<Part> parts{};
        std::vector<Receiver> receivers{};
        std::size_t weight = 0; ///< parts and events

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
    Bell bell_; ///< of those who wait
    std::size_t pending_ = 0;
    bool scheduled_ = false;
    Entries writing_;                  ///< the writer's own: of the commit under way
    internal::BrokenChains broken_;    ///< the writer's own: of commits that have thrown
    std::exception_ptr lost_;          ///< the writer's own: what all parts end with from then on
    std::string trouble_;              ///< the writer's own: of the last look; empty: none
    std::size_t publishers_ = 0;       ///< the writer's own: publishes that come back, if all do
    bool disk_is_limit_ = false;       ///< the writer's own: of the last commit
    std::unique_ptr<Executor> thread_; ///< last: its destruction runs what is queued
};

} // namespace bus
