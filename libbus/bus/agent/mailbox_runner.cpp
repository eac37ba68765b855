#include <bus/agent/mailbox_runner.hpp>
#include <bus/runtime/internal/stress_yield.hpp>

#include <algorithm>
#include <exception>
#include <new>
#include <stdexcept>
#include <utility>

namespace bus {

using internal::Mailbox;
using internal::Parking;

namespace {

/// A turn of an agent ends after this many steps, or after this time if the steps are slow. Then
/// other agents have their turn.
constexpr std::size_t most_steps = 1024;
constexpr Duration turn = std::chrono::microseconds{200};
/// Long enough for about fifty events of a publisher that does nothing else, and shorter than the
/// time to wake a thread.
constexpr std::chrono::nanoseconds gathering_time{1500};

void tell_trouble(RunnerHub& hub, std::string_view agent, std::string_view what) {
    hub.teller().on_trouble("agent " + std::string{agent} + ": " + std::string{what});
}

} // namespace

MailboxRunner::MailboxRunner(std::unique_ptr<Agent> agent, std::shared_ptr<RunnerHub> hub,
                             PublishEmitted publish_emitted)
    : name_{agent->name()},
      agent_{std::move(agent)},
      sequence_{agent_->settings().sequence.kind},
      hub_{std::move(hub)},
      pool_{steps_of(*agent_, hub_->runtime())},
      publish_emitted_{std::move(publish_emitted)},
      timers_{std::make_shared<Timers>(
          hub_->runtime(), [publish = publish_emitted_](const auto& event) { publish({event}); },
          [hub = hub_, name = name_](const char* what) {
              tell_trouble(*hub, name, std::string{"a timer's event was not published: "} + what);
          },
          [hub = hub_] { hub->note_change(); }, hub_.get())},
      mailbox_{agent_->settings(), *hub_} {}

void MailboxRunner::start() {
    hub_->clock().add(weak_from_this());
    hub_->clock().add(timers_);
    start_agent(*agent_);
    for (const EventType* type : known_event_types()) {
        handlers_.resize(std::max<std::size_t>(handlers_.size(), type->index() + 1));
        handlers_[type->index()] = agent_->handler_for(*type);
    }
}

void MailboxRunner::open() {
    mailbox_.open();
}

bool MailboxRunner::takes(const EventType& type) const {
    detail::stress_yield(); // the dispatcher may have only some of the types just now
    return agent_->handler_for(type) != nullptr;
}

void MailboxRunner::offer(const DomainEvent& event, bool may_block) {
    wake(mailbox_.offer(event, lane_hash(event), may_block));
}

void MailboxRunner::wake(Lane* lane) {
    if (lane == nullptr) {
        return;
    }
    detail::stress_yield(); // other threads may fill a lane that is scheduled but not yet posted
    try {
        post(*lane);
    } catch (...) {
        mailbox_.forget_scheduled(*lane);
        throw;
    }
}

/// Posts a task that runs the lane. The task is a single pointer, so it needs no allocation. The
/// lane keeps the runner alive until the task has run.
void MailboxRunner::post(Lane& lane) {
    struct Run {
        Lane* lane;

        void operator()() const { static_cast<MailboxRunner*>(lane->alive.get())->run(*lane); }
    };

    lane.alive = shared_from_this();
    try {
        pool_.post(Run{&lane});
    } catch (...) {
        lane.alive.reset(); // not the last reference: the caller has another
        throw;
    }
}

void MailboxRunner::run(Lane& lane) noexcept {
    const std::shared_ptr<void> alive = std::move(lane.alive);
    for (;;) {
        {
            const WorkerScope scope{hub_.get(), &lane};
            run_turn(lane);
        }
        const bool more = !mailbox_.stopping() && lane.parking.next_ready() != nullptr;
        const Mailbox::Rest rest = mailbox_.rest(lane, more);
        if (rest == Mailbox::Rest::stopped) {
            const WorkerScope scope{hub_.get()};
            finish();
        }
        if (rest != Mailbox::Rest::post_again) {
            hub_->wake_waiters();
            return;
        }
        try {
            post(lane);
            return;
        } catch (...) {
            report("its next turn could not be posted, so it runs at once");
        }
    }
}

/// Runs steps until no work is left or the agent's turn is over.
void MailboxRunner::run_turn(Lane& lane) {
    std::size_t steps = 0;
    bool timed = false; // the clock is read only for full batches: a little work needs no limit
    SteadyTime turn_begin{};
    SteadyTime batch_begin{};
    while (steps < most_steps) {
        Mailbox::Batch batch = mailbox_.take(lane);
        for (const std::string& key : batch.due) {
            lane.parking.make_ready(key);
        }
        const bool full = batch.count == lane.batch_limit;
        if (full && !std::exchange(timed, true)) {
            turn_begin = batch_begin = hub_->runtime().steady_now();
        }
        const std::size_t done = run_batch(lane, batch) + run_ready(lane);
        if (full) {
            lane.gathering.skip();
        } else if (lane.gathering.pays(batch.count)) {
            hub_->runtime().linger(gathering_time);
        }
        if (done == 0) {
            return;
        }
        steps += done;
        if (timed) {
            const SteadyTime now = hub_->runtime().steady_now();
            if (full) {
                mailbox_.adapt(lane, now - batch_begin);
            }
            if (now - turn_begin >= turn) {
                return;
            }
            batch_begin = now;
        }
    }
}

/// Handles the events of a batch, each in place.
std::size_t MailboxRunner::run_batch(Lane& lane, const Mailbox::Batch& batch) {
    struct Destroyer {
        DomainEvent& event;

        explicit Destroyer(DomainEvent& e) : event{e} {}

        Destroyer(const Destroyer&) = delete;
        Destroyer& operator=(const Destroyer&) = delete;

        ~Destroyer() { internal::EventBox::destroy(event); }
    };

    for (std::size_t i = 0; i < batch.count; ++i) {
        if (i > 0) {
            if (mailbox_.stopping() || (!lane.parking.empty() && mailbox_.lot_is_full(lane))) {
                return i;
            }
            Lane::count(lane.begun);
        }
        const Destroyer taken{batch.first != nullptr ? *batch.first : lane.next_event()};
        if (lane.parking.empty() || !park(lane, taken.event)) {
            handle(lane, taken.event);
        }
    }
    return batch.count;
}

/// Runs deliveries of sequences that were held up and may now continue.
std::size_t MailboxRunner::run_ready(Lane& lane) {
    std::size_t steps = 0;
    for (; steps < lane.batch_limit && !mailbox_.stopping(); ++steps) {
        Parking::Line* const line = lane.parking.next_ready();
        if (line == nullptr) {
            break;
        }
        retry(lane, *line);
        lane.show_parking();
    }
    return steps;
}

std::string MailboxRunner::message_of_exception() noexcept {
    try {
        std::string message = Failure::from(std::current_exception()).what();
        return message.empty() ? "an exception without a message" : message;
    } catch (const std::bad_alloc&) {
        return {};
    }
}

void MailboxRunner::report(const char* what) const noexcept {
    report(what, message_of_exception());
}

void MailboxRunner::report(const char* what, const std::string& why) const noexcept {
    try {
        if (!why.empty()) {
            return tell_trouble(*hub_, name_, std::string{what} + ": " + why);
        }
    } catch (const std::bad_alloc&) {
        static_cast<void>(why); // lack of memory may be the very thing to report: see below
    }
    Teller teller = hub_->teller();
    teller.on_trouble(what);
    teller.on_trouble("out of memory: the agent and the cause cannot be reported");
}

AgentStatus MailboxRunner::status() {
    const Mailbox::Counts counts = mailbox_.counts();
    AgentStatus status{.name = name_,
                       .queued = counts.queued,
                       .busy = counts.busy,
                       .timers = timers_->pending(),
                       .dropped = counts.dropped,
                       .waited = counts.waited,
                       .over_bound = counts.over_bound};
    for (std::size_t i = 0; i < mailbox_.lanes(); ++i) {
        const Lane& lane = mailbox_.lane(i);
        status.finished += lane.finished;
        status.failures += lane.failures;
        status.retrying += lane.retrying;
        status.not_ready += lane.not_ready;
        status.parked += lane.parked;
        status.dead += static_cast<std::size_t>(lane.dead);
        status.dropped += lane.lost;
    }
    status.lag = status.queued + status.retrying + status.not_ready + status.parked;
    return status;
}

bool MailboxRunner::idle() {
    return mailbox_.idle() && timers_->idle();
}

bool MailboxRunner::waits_for_time() {
    for (std::size_t i = 0; i < mailbox_.lanes(); ++i) {
        const Lane& lane = mailbox_.lane(i);
        if (lane.retrying + lane.not_ready != 0) {
            return !mailbox_.stopping();
        }
    }
    return false;
}

void MailboxRunner::begin_stop() {
    mailbox_.stop();
    attempts_.cancel_all(hub_->runtime());
    timers_->begin_stop();
}

void MailboxRunner::stop() {
    begin_stop();
    timers_->stop();
    if (!WorkerScope::active_for(hub_.get())) {
        mailbox_.wait_quiet(true);
    }
    if (mailbox_.quiet()) {
        finish();
    }
}

void MailboxRunner::remove() {
    const bool waits = !WorkerScope::active_for(hub_.get());
    {
        const std::lock_guard lock{stop_mutex_};
        removed_ = true;
        remover_waits_ = waits;
    }
    begin_stop();
    timers_->stop();
    mailbox_.wait_quiet(false);
    if (!mailbox_.quiet()) { // a running step waits for this thread: the last step ends the agent
        const std::lock_guard lock{stop_mutex_};
        remover_waits_ = false;
    }
    if (mailbox_.quiet()) {
        finish();
        if (waits) {
            end_agent();
        }
    }
    hub_->note_change();
}

/// To be called when no step runs and none will run again: calls on_stop, and ends a removed agent.
void MailboxRunner::finish() {
    std::unique_lock lock{stop_mutex_};
    if (on_stop_ == OnStop::due) {
        on_stop_ = OnStop::running;
        lock.unlock();
        {
            // on_stop may stop the bus, which must not wait then.
            const WorkerScope scope{hub_.get()};
            stop_agent(*agent_, *hub_);
        }
        lock.lock();
        on_stop_ = OnStop::done;
        stop_changed_.notify_all();
    } else if (!WorkerScope::active_for(hub_.get())) {
        hub_->runtime().wait(lock, stop_changed_, [this] { return on_stop_ == OnStop::done; });
    }
    if (!removed_) {
        return;
    }
    mailbox_.clear();
    if (!remover_waits_ && on_stop_ == OnStop::done) {
        lock.unlock();
        end_agent();
    }
}

void MailboxRunner::end_agent() {
    std::unique_ptr<Agent> ends;
    const std::lock_guard key_lock{key_mutex_};
    const std::lock_guard lock{stop_mutex_};
    ends.swap(agent_);
} // the locks are released first: the agent's destructor is the host's code

void MailboxRunner::show(const std::function<void(const Agent&)>& look) {
    const std::lock_guard lock{stop_mutex_};
    if (agent_) {
        look(*agent_);
    }
}

} // namespace bus
