#include <bus/agent/mailbox_runner.hpp>

#include <algorithm>
#include <exception>
#include <functional>
#include <stdexcept>
#include <utility>

namespace bus {

using internal::Deferred;
using internal::Mailbox;
using internal::Parking;
using internal::WorkerFrame;

namespace {

/// An agent's turn: so many steps, or so long where they are slower; then others have theirs.
constexpr std::size_t most_steps = 1024;
constexpr Duration turn = std::chrono::microseconds{200};

void tell_trouble(RunnerHub& hub, std::string_view agent, std::string_view what) {
    if (const auto sink = hub.sink()) {
        sink->on_trouble("agent " + std::string{agent} + ": " + std::string{what});
    }
}

} // namespace

class MailboxRunner::Source final : public StepSource {
public:
    explicit Source(MailboxRunner& runner) : runner_{runner} {}

    Timestamp now() override { return runner_.hub_->runtime().now(); }

    std::uint64_t random() override { return runner_.hub_->runtime().random(); }

    std::optional<std::string> state(std::string_view key) override {
        const std::lock_guard lock{runner_.states_mutex_};
        const auto found = runner_.states_.find(key);
        return found != runner_.states_.end() ? std::optional{found->second} : std::nullopt;
    }

    std::vector<StateRecord> states(std::string_view prefix) override {
        const std::lock_guard lock{runner_.states_mutex_};
        std::vector<StateRecord> result;
        for (auto entry = runner_.states_.lower_bound(prefix);
             entry != runner_.states_.end() && entry->first.starts_with(prefix); ++entry) {
            result.push_back({entry->first, entry->second});
        }
        return result;
    }

    /// Without a store nothing is kept that could be redriven.
    std::optional<DeliveryRecord> dead_letter(std::string_view /*agent*/,
                                              const Uuid& /*event_id*/) override {
        return std::nullopt;
    }

    TimerHandle new_timer() override { return runner_.timers_->reserve(); }

private:
    MailboxRunner& runner_;
};

MailboxRunner::MailboxRunner(std::unique_ptr<Agent> agent, std::shared_ptr<RunnerHub> hub,
                             PublishEmitted publish_emitted)
    : agent_{std::move(agent)},
      hub_{std::move(hub)},
      publish_emitted_{std::move(publish_emitted)},
      timers_{std::make_shared<Timers>(
          hub_->runtime(), [publish = publish_emitted_](const auto& event) { publish({event}); },
          [hub = hub_, name = agent_->name()](const char* what) {
              tell_trouble(*hub, name, std::string{"a timer's event was not published: "} + what);
          },
          [hub = hub_] { hub->note_change(); })},
      mailbox_{agent_->settings(), *hub_} {}

void MailboxRunner::start() {
    start_agent(*agent_);
    for (const EventType* type : known_event_types()) {
        handlers_.resize(std::max<std::size_t>(handlers_.size(), type->index() + 1));
        handlers_[type->index()] = agent_->handler_for(*type);
    }
}

void MailboxRunner::offer(const DomainEvent& event, bool may_block) {
    wake(mailbox_.offer(event, lane_hash(event), may_block));
}

void MailboxRunner::wake(Lane* lane) {
    if (lane == nullptr) {
        return;
    }
    try {
        post(*lane);
    } catch (...) {
        mailbox_.forget_scheduled(*lane);
        throw;
    }
}

/// Posts a task that runs the lane. The task is a single pointer, which needs no allocation; until
/// it has run, the lane keeps the runner alive.
void MailboxRunner::post(Lane& lane) {
    struct Run {
        Lane* lane;

        void operator()() const { static_cast<MailboxRunner*>(lane->alive.get())->run(*lane); }
    };

    lane.alive = shared_from_this();
    try {
        hub_->runtime().pool().post(Run{&lane});
    } catch (...) {
        lane.alive.reset(); // not the last one: the caller has another
        throw;
    }
}

void MailboxRunner::run(Lane& lane) noexcept {
    const std::shared_ptr<void> alive = std::move(lane.alive);
    for (;;) {
        {
            const WorkerFrame frame{lane};
            run_turn(lane);
        }
        const bool more = !mailbox_.stopping() && lane.parking.next_ready() != nullptr;
        const Mailbox::Rest rest = mailbox_.rest(lane, more);
        if (rest == Mailbox::Rest::stopped) {
            finish();
        }
        if (rest != Mailbox::Rest::post_again) {
            hub_->wake_waiters();
            return;
        }
        try {
            post(lane);
            return;
        } catch (const std::exception& error) {
            report(std::string{"its next turn comes at once, for it cannot be posted: "} +
                   error.what());
        }
    }
}

/// Steps until nothing is left or the agent has had its turn.
void MailboxRunner::run_turn(Lane& lane) {
    std::size_t steps = 0;
    bool timed = false; // the clock is read for full batches alone: little to do needs no bound
    Timestamp turn_begin{};
    Timestamp batch_begin{};
    while (steps < most_steps) {
        Mailbox::Batch batch = mailbox_.take(lane);
        for (const std::string& key : batch.due) {
            lane.parking.make_ready(key);
        }
        const bool full = batch.count == lane.batch_limit;
        if (full && !std::exchange(timed, true)) {
            turn_begin = batch_begin = hub_->runtime().now();
        }
        const std::size_t done = run_batch(lane, batch) + run_ready(lane);
        if (done == 0) {
            return;
        }
        steps += done;
        if (timed) {
            const Timestamp now = hub_->runtime().now();
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

/// The events of a batch, each where it lies.
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
            if (mailbox_.stopping()) {
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

/// Sequences that were held up and are no longer.
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

/// A first attempt.
void MailboxRunner::handle(Lane& lane, const DomainEvent& event) {
    const std::optional<Failure> failure = attempt(lane, event, 1);
    if (!failure) {
        apply(lane, event);
        return;
    }
    const bool any_order = agent_->settings().sequence.kind == Sequence::Kind::none;
    std::string key = any_order ? std::to_string(++lane.last_deferral) : key_of(event);
    if (!defer(lane, event, std::move(key), {.event = nullptr, .attempts = 1}, *failure)) {
        give_up(lane, event, 1, *failure);
    }
}

/// What is next in a line: its head again, or the first event behind it.
void MailboxRunner::retry(Lane& lane, Parking::Line& line) {
    Deferred delivery = lane.parking.take(line);
    const std::shared_ptr<const DomainEvent> event = delivery.event;
    const bool waited = std::exchange(delivery.not_ready, false);
    const std::uint32_t number = delivery.attempts + 1;
    const std::optional<Failure> failure = attempt(lane, *event, number);
    if (!failure) {
        apply(lane, *event);
        lane.parking.settle(line);
        return;
    }
    if (!(waited && failure->kind() == FailureKind::not_ready)) {
        delivery.attempts = number;
    }
    if (!defer(lane, *event, line.key, std::move(delivery), *failure)) {
        give_up(lane, *event, number, *failure);
        lane.parking.settle(line);
    }
}

/// True: the event waits behind another one of its sequence, or is lost for want of memory.
bool MailboxRunner::park(Lane& lane, const DomainEvent& event) noexcept {
    if (agent_->settings().sequence.kind == Sequence::Kind::none) {
        return false;
    }
    try {
        Parking::Line* const line = lane.parking.find(key_of(event));
        if (line == nullptr) {
            return false;
        }
        lane.parking.park(*line, event);
        lane.show_parking();
    } catch (const std::exception& error) {
        Lane::count(lane.lost);
        report(std::string{"an event that must wait for its turn is lost: "} + error.what());
    }
    return true;
}

/// One attempt of a step; what it wants to have happened is in the lane's effects.
std::optional<Failure> MailboxRunner::attempt(Lane& lane, const DomainEvent& event,
                                              std::uint32_t number) {
    const Agent::Handler* const handler = handler_of(event.type());
    if (handler == nullptr) {
        return std::nullopt;
    }
    Source source{*this};
    const StepInput input{event, 0, number, 0};
    std::optional<Failure> failure = run_step(*agent_, *handler, input, source, lane.effects);
    if (failure) {
        if (const auto sink = hub_->sink()) {
            sink->on_failed(event, agent_->name(), *failure);
        }
        if (failure->kind() != FailureKind::not_ready) {
            Lane::count(lane.failures);
        }
    }
    return failure;
}

/// The step has succeeded.
void MailboxRunner::apply(Lane& lane, const DomainEvent& event) {
    Lane::count(lane.finished);
    if (const auto sink = hub_->sink()) {
        sink->on_handled(event, agent_->name());
    }
    if (!lane.effects.empty()) {
        carry_out(std::exchange(lane.effects, {}), "what a step emitted");
    }
}

/// Does what a step, or on_given_up, wants to have happened.
void MailboxRunner::carry_out(const StepEffects& effects, const char* what_is_emitted) {
    if (!effects.states.empty()) {
        const std::lock_guard lock{states_mutex_};
        for (const auto& [key, json] : effects.states) {
            if (json) {
                states_.insert_or_assign(key, *json);
            } else {
                states_.erase(key);
            }
        }
    }
    for (const TimerRequest& timer : effects.timers) {
        timers_->start(timer.handle, timer.delay, timer.event);
    }
    for (const TimerHandle timer : effects.cancelled) {
        timers_->cancel(timer);
    }
    if (effects.emitted.empty()) {
        return;
    }
    try {
        publish_emitted_(effects.emitted);
    } catch (const std::exception& error) {
        report(std::string{what_is_emitted} + " was not published: " + error.what());
    } catch (...) {
        report(std::string{what_is_emitted} + " was not published");
    }
}

/// Lets a failed delivery wait for its next attempt; false: there is none, it is given up.
/// `delivery.event` is null where the event lies in the mailbox still.
bool MailboxRunner::defer(Lane& lane, const DomainEvent& event, std::string key,
                          Deferred&& delivery, const Failure& failure) {
    delivery.not_ready = failure.kind() == FailureKind::not_ready;
    delivery.failures += delivery.not_ready ? 0U : 1U;
    Runtime& runtime = hub_->runtime();
    const Timestamp now = runtime.now();
    const std::optional<Timestamp> next =
        agent_->settings().retry.next_attempt(failure, delivery.failures, now, runtime.random());
    if (!next) {
        return false;
    }
    try {
        if (!delivery.event) {
            delivery.event = event.type().copy(event);
        }
        // The timer first: where this fails nothing waits that would never wake. It may fire at
        // once, but is heard of by nobody before this turn takes again.
        runtime.schedule(*next - now, [weak = weak_from_this(), &lane, key] {
            if (const auto self = weak.lock()) {
                self->wake(self->mailbox_.make_due(lane, key));
            }
        });
        lane.parking.defer(std::move(key), std::move(delivery));
        lane.show_parking();
        return true;
    } catch (const std::exception& error) {
        report(std::string{"a delivery that must wait cannot be kept: "} + error.what());
        return false;
    }
}

void MailboxRunner::give_up(Lane& lane, const DomainEvent& event, std::uint32_t attempt,
                            const Failure& failure) {
    Lane::count(lane.dead);
    Source source{*this};
    const StepInput input{event, 0, attempt, 0};
    StepOutcome outcome = run_given_up(*agent_, input, failure, source);
    if (const auto sink = hub_->sink()) {
        sink->on_dead_lettered(event, agent_->name(), failure);
        if (outcome.failure) {
            sink->on_failed(event, agent_->name(), *outcome.failure);
        }
    }
    carry_out(outcome.effects, "what on_given_up emitted");
}

const Agent::Handler* MailboxRunner::handler_of(const EventType& type) const noexcept {
    const Agent::Handler* const handler =
        type.index() < handlers_.size() ? handlers_[type.index()] : nullptr;
    return handler != nullptr ? handler : agent_->handler_for(type);
}

/// Names the event's sequence. Not for Kind::none.
std::string MailboxRunner::key_of(const DomainEvent& event) const {
    const Sequence& sequence = agent_->settings().sequence;
    if (sequence.kind == Sequence::Kind::key) {
        try {
            return 'k' + sequence.key_of(event);
        } catch (const std::exception& error) {
            report(std::string{"the key of an event's sequence failed: "} + error.what());
        }
    }
    std::string key{'a'};
    key += event.aggregate_type();
    key += '\0';
    key += event.aggregate_id();
    return key;
}

std::optional<std::size_t> MailboxRunner::lane_hash(const DomainEvent& event) const {
    const std::hash<std::string_view> hash;
    if (mailbox_.lanes() == 1) {
        return 0;
    }
    switch (agent_->settings().sequence.kind) {
    case Sequence::Kind::aggregate: return hash(event.aggregate_id()); // of any aggregate type
    case Sequence::Kind::key: return hash(key_of(event));
    case Sequence::Kind::none: break;
    }
    return std::nullopt;
}

void MailboxRunner::report(const std::string& what) const noexcept {
    tell_trouble(*hub_, agent_->name(), what);
}

AgentStatus MailboxRunner::status() {
    const Mailbox::Counts counts = mailbox_.counts();
    AgentStatus status{.name = agent_->name(),
                       .queued = counts.queued,
                       .busy = counts.busy,
                       .timers = timers_->pending(),
                       .dropped = counts.dropped};
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
    return status;
}

bool MailboxRunner::idle() {
    return mailbox_.idle() && timers_->idle();
}

void MailboxRunner::stop() {
    mailbox_.stop();
    timers_->stop();
    if (!WorkerFrame::any()) {
        mailbox_.wait_quiet(true);
    }
    if (mailbox_.quiet()) {
        finish();
    }
}

void MailboxRunner::remove() {
    {
        const std::lock_guard lock{stop_mutex_};
        removed_ = true;
    }
    mailbox_.stop();
    timers_->stop();
    mailbox_.wait_quiet(false);
    if (mailbox_.quiet()) {
        finish();
    }
    hub_->note_change();
}

/// No step runs, and none ever will.
void MailboxRunner::finish() {
    struct Stopping final : internal::Worker {};

    std::unique_lock lock{stop_mutex_};
    if (on_stop_ == OnStop::due) {
        on_stop_ = OnStop::running;
        lock.unlock();
        {
            Stopping worker;
            const WorkerFrame frame{worker}; // on_stop may stop the bus: that must not wait for it
            stop_agent(*agent_, *hub_);
        }
        lock.lock();
        on_stop_ = OnStop::done;
        stop_changed_.notify_all();
    } else if (!WorkerFrame::any()) {
        hub_->runtime().wait(lock, stop_changed_, [this] { return on_stop_ == OnStop::done; });
    }
    if (removed_) {
        mailbox_.clear();
    }
}

} // namespace bus
