#pragma once

#include <bus/agent/runner.hpp>
#include <bus/delivery/internal/held_up.hpp>
#include <bus/delivery/internal/state_cache.hpp>
#include <bus/delivery/internal/step_gate.hpp>
#include <bus/delivery/step_batch.hpp>
#include <bus/delivery/step_runner.hpp>
#include <bus/runtime/strand.hpp>
#include <bus/store/event_store.hpp>
#include <bus/store/internal/agent_progress.hpp>
#include <bus/store/writer.hpp>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <vector>

namespace bus {

/// What all agents of a bus with a store share.
struct DeliveryHouse {
    EventStore& store;
    Writer& writer;
    RunnerHub& hub;
    internal::StepGate gate;
    std::atomic<std::uint64_t> last_timer;
};

/// Runs one agent from the log. It catches up in pages from the store, then takes events live from
/// memory. Steps of one sequence run in order of position; different sequences run on as many
/// workers as the agent asks for. What a step did is committed as one part, a failed attempt as
/// another, and no worker waits for a commit.
///
/// The mutex guards the members below `mutex_`. The members of a lane that belong to its turn need
/// no lock, because a lane has only one turn at a time.
class AgentRunner final : public Runner,
                          public internal::ClockUser,
                          public std::enable_shared_from_this<AgentRunner> {
public:
    /// What Delivery has to do after a part was committed.
    struct Aftermath {
        /// Events for the plain handlers.
        std::span<const std::shared_ptr<const DomainEvent>> emitted{};
        /// Changed deliveries, of any agent.
        std::span<const PartResult::Changed> changed{};
        std::span<const StartedTimer> timers{};
        std::span<const std::uint64_t> cancelled_timers{};
    };

    using OnAftermath = std::function<void(const Aftermath&)>;
    /// Called with the result of a command. It must not block.
    using OnCommand = std::function<void(const PartResult&)>;

    AgentRunner(std::unique_ptr<Agent> agent, DeliveryHouse& house, std::shared_ptr<RunnerHub> hub,
                OnAftermath on_aftermath);

    /// Registers the agent in the store if it is new, and begins. Throws StoreError, and
    /// std::invalid_argument if upcasters are missing for events in the log.
    void start();
    /// Takes the events of a commit, in order. If there is no room for them, the agent reads them
    /// from the log later.
    void offer(const Writer::Committed& committed);
    /// To be called when a part that this agent did not submit has changed one of its deliveries.
    void take_changed(const PartResult::Changed& changed);
    /// Makes a deferred delivery due at once. Returns false if it is not deferred, or is under way.
    bool retry_now(Position position);
    /// Executes an operator's command, in order with the agent's own steps. Throws StoreError, and
    /// std::logic_error if the agent is stopping.
    void command(DeliveryCommand command, OnCommand done);
    /// Makes the agent begin again at an earlier position. Throws std::logic_error if it is
    /// stopping.
    void replay(ReplayOrder order, RequestAnswer answer, OnCommand done);

    /// While an object of this class exists, threads that wait on the hub are woken at each commit
    /// of the agent. Otherwise they are only woken when the agent has nothing left under way.
    class Awaited {
    public:
        explicit Awaited(AgentRunner& runner) : runner_{runner} { ++runner_.awaited_; }

        Awaited(const Awaited&) = delete;
        Awaited& operator=(const Awaited&) = delete;

        ~Awaited() { --runner_.awaited_; }

    private:
        AgentRunner& runner_;
    };

    /// Whether all events up to a position have finished, were given up or discarded, and this is
    /// committed.
    [[nodiscard]] bool handled(Position through);
    /// Whether the agent is stopping and begins no further step.
    [[nodiscard]] bool ends();

    /// Whether the agent has a handler for the type. It must not end during the call.
    [[nodiscard]] bool handles(const EventType* type) const;

    const std::string& name() const noexcept override { return name_; }

    void show(const std::function<void(const Agent&)>& look) override;
    AgentStatus status() override;
    bool idle() override;
    void on_clock_set(Duration by) override;
    [[nodiscard]] bool waits_for_time() override;
    void begin_stop() override;
    void stop() override;
    /// Stops without waiting. `at_rest` is called once, under a lock, when nothing of the agent is
    /// under way any more. It must then have finish() and end_agent() called.
    void leave(Task at_rest);
    /// Calls on_stop if it is still due. Nothing of the agent may be under way.
    void finish();
    void end_agent() override;

private:
    /// An event that waits for a worker.
    struct Mail {
        Writer::Event event;
        Position first = 0; ///< the first position passed since the previous mail
    };

    /// Something that a lane has to do beside events.
    struct Order {
        enum class Kind : std::uint8_t { changed, retry, command, replay, clock_set };
        Kind kind = Kind::changed;
        PartResult::Changed changed{};
        Position position = 0;
        DeliveryCommand command{};
        ReplayOrder replay{};
        RequestAnswer answer{}; ///< stored together with the replay, so it is not done twice
        OnCommand done{};
    };

    /// The part of a page of the log that concerns the agent.
    struct Page {
        std::size_t found = 0; ///< number of all events in the page
        Position last = 0;
        std::vector<Writer::Event> wanted{}; ///< the events that the agent handles
    };

    /// A page that is being read, or that waits for an earlier page.
    struct Read {
        Position after = 0;
        Position log_end = 0; ///< the end of the log when the reading began
        bool decodes = false; ///< whether its events are decoded at once
        std::optional<Page> page{};
    };

    /// A part that the store will never accept.
    struct Refusal {
        Position position;
        Failure failure;
        bool was_failure;
    };

    /// One worker of the agent. Each sequence belongs to one lane.
    struct Lane {
        Lane(StepRunner runner, OnDead on_dead) : held{on_dead}, steps{std::move(runner)} {}

        // The mutex guards the members marked "mutex". Those marked "turn" belong to the turn.
        std::deque<DeliveryItem> inbox{};     ///< mutex
        std::vector<Order> orders{};          ///< mutex
        bool running = false;                 ///< mutex: a turn is due or under way
        std::size_t outstanding = 0;          ///< mutex: steps whose result is still to come
        internal::HeldUp::Counts counts;      ///< mutex: after the last turn
        std::optional<SteadyTime> next_due{}; ///< mutex
        bool has_ready = false;               ///< mutex
        internal::HeldUp held;                ///< turn
        StepRunner steps;                     ///< turn
        std::deque<Position> repeats{};       ///< turn: noted, and to be attempted again
        std::vector<Position> noting{};       ///< turn: move to `repeats` once they are noted
        std::optional<DeliveryItem> lonely{}; ///< turn: to be run alone next
        std::vector<Refusal> refusals{};      ///< mutex
        std::shared_ptr<Strand> told{};       ///< reports what was committed, in order
        /// Mutex: when the first of suspect_again_ may run.
        std::optional<SteadyTime> suspect_due{};
    };

    /// The most events that a lane gets in advance.
    static constexpr std::size_t most_given = 384;
    /// After passing this many events that the agent does not handle, the checkpoint is written
    /// just for them.
    static constexpr Position unhandled_before_checkpoint = 4096;
    /// An agent without work writes its checkpoint after this time.
    static constexpr Duration rest_before_checkpoint = std::chrono::seconds{1};

    using Batch = std::shared_ptr<StepBatch>;
    using Lock = std::unique_lock<std::mutex>;

    [[nodiscard]] std::uint64_t lag() const;
    [[nodiscard]] Position oldest_waiting() const;
    [[nodiscard]] std::optional<Timestamp> time_of(Position position);

    // agent_start.cpp: events that other programs have left in the store
    [[nodiscard]] Position first_start();
    void check_versions();
    void warn_of_unhandled();
    void wake_readable(std::vector<DeliveryRecord>& deferred);

    // agent_feed.cpp: how events come in
    void register_agent();
    void reload();
    void clear_lanes();
    void begin_at(const AgentRecord& record);
    void load_held_up(const std::vector<DeliveryBrief>& briefs,
                      std::vector<DeliveryRecord>&& deferred);
    void push_mail(Writer::Event event);
    void feed();
    std::vector<DeliveryItem> take_mail(Lock& lock);
    void hand_out(std::vector<DeliveryItem>&& items);
    Lane& lane_of(DeliveryItem& item);
    Lane& lane_of(std::string_view sequence, Position position);
    Writer::Event read_event(Position position);
    [[nodiscard]] bool suspected(const DeliveryItem& item) const;
    [[nodiscard]] bool must_note_first(std::size_t room);
    [[nodiscard]] bool comes_after_suspects(const std::vector<DeliveryItem>& items,
                                            Position position) const;

    // agent_pages.cpp: how the log is read
    [[nodiscard]] bool may_read() const;
    bool read_page(std::ptrdiff_t own_turns, internal::BlockMemory& memory);
    void take_pages(Lock& lock);
    void take_page(Lock& lock, Read& read);
    [[nodiscard]] Page load_page(const Read& read, internal::BlockMemory& memory);
    [[nodiscard]] Writer::Event wanted_of(StoredEvent& event, bool decodes,
                                          internal::BlockMemory& memory) const;
    [[nodiscard]] bool wants_ahead() const;
    void read_ahead(Lock& lock);
    void post_ahead();
    void run_ahead();

    // agent_turns.cpp: what a lane does in its turn
    void wake();
    void wake_lanes(Lock& lock);
    [[nodiscard]] bool one_turn_only() const;
    [[nodiscard]] bool suspects_left() const;
    [[nodiscard]] bool held_back(const Lane& lane) const;
    void post_turn(Lane& lane);
    void post_turn_again(Lane& lane);
    [[nodiscard]] bool has_work(const Lane& lane) const;
    [[nodiscard]] bool needs_feeding() const;
    void turn(Lane& lane);
    bool prepare(Lane& lane);
    void run_orders(Lane& lane, StepBatch& batch);
    void run_steps(Lane& lane, Batch& batch);
    std::optional<DeliveryItem> next_item(Lane& lane);
    StepRunner::Order handle(Lane& lane, DeliveryItem& item, StepBatch& batch);
    void remember_step(Lane& lane, const DeliveryItem& item, const Attempted& attempted);
    void carry_out(Lane& lane, Order& order, StepBatch& batch);
    void put_back(Order& order, StepBatch& batch);
    static Batch new_batch(const StepBatch& before);
    std::vector<Order> take_orders(Lane& lane);
    void submit(Lane& lane, const Batch& batch);
    [[nodiscard]] bool stopping();
    void give_up_turn(StepBatch& batch, const std::exception& error);

    // agent_notes.cpp: notes of what is under way, for the next start
    bool must_note(Lane& lane);
    void note(Lane& lane);
    [[nodiscard]] BegunNote make_note(Lock& lock);
    void refuse_note(const std::exception_ptr& error);

    // agent_alone.cpp: deliveries that may have killed the process
    void go_alone(Lane& lane);
    void note_alone(Lane& lane);
    void write_note(Lock&& held, Lane& lane, void (AgentRunner::*then)(Lane&));
    void run_alone(Lane& lane);
    Lane& move_home(Lane& lane, DeliveryItem& item, bool ask);
    void leave_alone(Lane& lane);

    // agent_commits.cpp: the results of parts
    void on_part_done(Lane& lane, const Batch& batch, std::size_t index, PartResult&& result,
                      Part&& spent);
    void finish_batch(Lane& lane, StepBatch& batch);
    void remember_commits(Lane& lane, StepBatch& batch);
    void note_refusal(Lane& lane, const Attempted& attempted, const std::exception_ptr& error);
    void finish_turn(Lane& lane);
    void tell_end(Lock&& held);
    void tell_rest(Lock& lock);
    void finish(Lock& lock);
    void note_trouble(std::string what);
    void on_timer(std::uint64_t number);
    void schedule_wake(Lock& lock);
    void save_checkpoint(Lock& lock, std::ptrdiff_t turns);
    void end_repeat(Position position);
    void settle(PositionRange range);
    void note_state(Position position, DeliveryState state, std::uint32_t redrives);

    void note_state(const DeliveryRecord& delivery) {
        note_state(delivery.position, delivery.state, delivery.redrives);
    }

    void note_discarded(const PartResult& result);
    void save_passed(Lock& lock);
    void on_rest();
    void show_held_up(Lane& lane) const;
    [[nodiscard]] bool replaying() const;
    [[nodiscard]] bool quiet() const;
    [[nodiscard]] bool all_done(std::ptrdiff_t turns) const;
    [[nodiscard]] std::ptrdiff_t turns_under_way() const;

    const std::string name_;
    std::unique_ptr<Agent> agent_; ///< reset under the mutex when nothing is under way any more
    /// A user's function chooses the lane of an event, and may kill the process before any step.
    const bool asks_keys_;
    DeliveryHouse& house_;
    EventStore& store_;
    std::shared_ptr<RunnerHub> hub_;
    Executor& pool_; ///< runs the agent's steps
    OnAftermath on_aftermath_;
    internal::StateCache states_;
    std::vector<bool> handled_types_; ///< by type index
    std::vector<std::unique_ptr<Lane>> lanes_;
    internal::EventWarnings warnings_;
    BegunNote suspects_; ///< the note found when the agent began

    std::mutex mutex_;
    std::condition_variable stopped_;
    std::deque<Mail> mailbox_;
    Position through_ = 0;            ///< all up to here is settled, in the mailbox or in a lane
    Position settle_from_ = 1;        ///< the first position passed that is in no item yet
    internal::AgentProgress settled_; ///< what is committed
    /// Deferred and parked deliveries, as committed, and how often they were redriven. They are not
    /// handled, although the checkpoint may have passed them.
    std::map<Position, std::uint32_t> unfinished_;
    std::atomic<unsigned> awaited_{0}; ///< number of Awaited objects
    Position log_end_ = 0;             ///< the newest known position of the log
    Position handed_out_ = 0;          ///< the newest first attempt that a lane got
    /// Deliveries with a row that are being attempted, and the number of their attempts under way:
    /// the next attempt may begin before the commit of the last one is reported.
    std::map<Position, unsigned> repeating_;
    bool mail_noted_ = false;          ///< a note stored since the start covers first attempts
    bool mail_waits_ = false;          ///< mail waits for such a note before its keys are asked for
    std::set<Position> suspect_again_; ///< suspects that have a row, but are not dead
    Position lone_ = 0;                ///< the delivery that runs alone
    std::uint32_t lone_deaths_ = 0;    ///< its deaths in a row, counting the run under way
    bool note_is_old_ = false;         ///< more is under way than the note in the store says
    bool first_noted_ = false;         ///< the note in the store has what was found at the start
    std::size_t with_lanes_ = 0;       ///< events that lanes got and have not begun
    std::uint64_t chain_ = 0;
    bool live_ = false;                       ///< the next commit follows through_
    bool feeding_ = false;                    ///< mail is being distributed to the lanes
    bool reading_ahead_ = false;              ///< a task beside the turns reads pages, or will soon
    std::deque<std::shared_ptr<Read>> reads_; ///< pages, in the order of the log
    Position read_from_ = 0;                  ///< the next page begins after this
    bool starting_ = true;                    ///< until start() has read the agent's progress
    bool stopping_ = false;
    bool started_ = false; ///< on_start has run, and on_stop is due
    bool stops_ = false;   ///< on_stop is running
    bool leaves_ = false;  ///< after leave(): stop() leaves on_stop to the caller of finish()
    Task at_rest_;         ///< until it is called
    bool must_reload_ = false;
    bool put_back_ = false; ///< a replay has begun: the notes found at the start are obsolete
    bool loading_ = false;  ///< reload() is reading from the store
    std::vector<PartResult::Changed> changed_meanwhile_;
    std::size_t open_batches_ = 0;
    std::optional<Runtime::TimerId> timer_;
    std::uint64_t timer_number_ = 0; ///< number of the newest timer
    SteadyTime timer_due_{};
    std::optional<Runtime::TimerId> rest_timer_;
    Position replay_through_ = 0;
    std::uint64_t finished_ = 0;
    std::uint64_t failures_ = 0;
    std::optional<Timestamp> last_commit_;
    std::string trouble_;
    SteadyTime paused_until_{}; ///< the end of the pause after trouble with the store
};

} // namespace bus
