#include <bus/event/codec.hpp>
#include <bus/internal/bus_core.hpp>
#include <bus/runtime/fault_point.hpp>
#include <bus/runtime/system_runtime.hpp>
#include <bus/store/internal/ticket_state.hpp>

#include <algorithm>
#include <mutex>
#include <new>
#include <optional>
#include <stdexcept>

namespace bus {

namespace {

void tell_ended(RunnerHub& hub, const detail::HandlerSlot& slot) noexcept {
    if (const auto sink = hub.sink()) {
        try {
            sink->on_unsubscribed(detail::describe(slot));
        } catch (const std::bad_alloc&) {
            hub.teller().on_trouble("out of memory: the end of a subscription is not reported");
        }
    }
}

/// How to wait until a handler has ended.
Dispatcher::Wait wait_for_handlers(const std::shared_ptr<RunnerHub>& hub) {
    if (!hub->runtime().works_while_waiting()) {
        return {};
    }
    return [hub](const std::function<bool()>& done) {
        // Nothing notifies of the end.
        constexpr Duration between_looks = std::chrono::milliseconds{1};
        while (!hub->wait(done, between_looks)) {
        }
    };
}

void tell_clock_set(RunnerHub& hub, Duration by) {
    const bool forward = by > Duration::zero();
    const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(forward ? by : -by);
    hub.teller().on_trouble(
        std::string{"the wall clock was set "} + (forward ? "forward" : "back") + " by " +
        std::to_string(millis.count()) +
        " ms. Delays, retries and timers are not affected; what waits for a time of the wall "
        "clock is checked again; the times of events are not in order at this point. If nobody "
        "has set the clock, check the time synchronisation of this machine");
}

void tell_crowded(RunnerHub& hub, const std::string& pool, unsigned threads) {
    const WorkerScope worker{&hub};
    const std::string which = pool.empty() ? "of agents' steps" : "of the pool \"" + pool + "\"";
    const std::string more = pool.empty() ? "a pool of their own: settings().pool = {\"name\", "
                                            "threads}, or make the SystemRuntime with more threads"
                                          : "another pool, or this one more threads";
    hub.teller().on_trouble(
        "slow steps have kept " +
        (threads == 1 ? "the one thread " : "all " + std::to_string(threads) + " threads ") +
        which +
        " busy, and steps of other agents have waited for more than a second. Timers and "
        "posted handlers have threads of their own and are not affected. Give agents with slow "
        "steps " +
        more + ". This warning is given once");
}

} // namespace

Bus::Core::Core(BusOptions options)
    : runtime{options.runtime ? std::move(options.runtime) : std::make_shared<SystemRuntime>()},
      store{std::move(options.store)},
      hub{std::make_shared<RunnerHub>(*runtime, std::move(options.unheard))},
      dispatcher{[hub = hub](const detail::HandlerSlot& slot) { tell_ended(*hub, slot); },
                 wait_for_handlers(hub),
                 [unheard = hub->unheard()](const DomainEvent& event, std::string_view handler,
                                            const std::exception_ptr& error) {
                     unheard->handler_failed(event, handler, error);
                 }},
      stored_{store != nullptr},
      seat_{store.get()} {
    hub->around_steps = std::move(options.around_steps);
    hub->clock().on_set([weak = std::weak_ptr{hub}](Duration by) {
        if (const auto here = weak.lock()) {
            tell_clock_set(*here, by);
        }
    });
    steps_watch_ = runtime->watch_steps(
        [weak = std::weak_ptr{hub}](const std::string& pool, unsigned threads) {
            if (const auto here = weak.lock()) {
                tell_crowded(*here, pool, threads);
            }
        });
    if (!detail::membarrier_works()) {
        hub->care(); // publishes must fence, and the fast path does not
    }
    if (store) {
        hub->care();
        delivery_ = std::make_unique<Delivery>(
            *store, dispatcher, hub, runtime,
            DeliveryTimes{
                .requests = {.every = options.requests_every, .forget_after = options.forget_after},
                .retention = {.age = options.retention, .every = options.retention_every},
                .look_every = options.look_every},
            AgentNames{.check = [this](const std::string& agent) { check_gone(agent); },
                       .take =
                           [this](const std::string& agent) {
                               take_name_of_gone(agent, "it is forgotten");
                           },
                       .give_back = [this](const std::string& agent) { give_name_back(agent); }});
    } else {
        posted_ = std::make_shared<Strand>(runtime->pool(), [hub = hub] { hub->note_change(); });
        timers_ = std::make_shared<Timers>(
            *runtime, [this](const auto& event) { publish_emitted({event}); },
            [hub = hub](const char* what) {
                hub->teller().on_trouble(std::string{"a timer's event was not published: "} + what);
            },
            [hub = hub] { hub->note_change(); }, hub.get());
        hub->clock().add(timers_);
    }
}

void Bus::Core::check_open() const {
    home.check("a bus");
    const Phase phase = phase_;
    if (phase == Phase::open ||
        (phase == Phase::draining && (on_worker() || dispatcher.dispatching_here()))) {
        return;
    }
    throw std::logic_error{"the bus is stopping: it takes no more events; publish before stop(), "
                           "or make a new bus"};
}

void Bus::Core::check_version(const DomainEvent& event, const PublishOptions& options) const {
    if (options.expected_version && !kept(event)) {
        throw std::logic_error{std::string{event.event_type()} +
                               " is not stored, so its stream has no version to expect: publish it "
                               "without expected_version, on a bus with a store, as a type that is "
                               "not transient"};
    }
}

Subscription Bus::Core::subscribe(const detail::SlotRef& slot) {
    Subscription subscription = dispatcher.subscribe(slot);
    if (!slot->info->topics.expired()) { // otherwise what it is tied to was gone already
        if (const auto sink = hub->sink()) {
            sink->on_subscribed(detail::describe(*slot));
        }
    }
    return subscription;
}

PublishReport Bus::Core::publish_with_care(const DomainEvent& event,
                                           const PublishOptions& options) {
    std::optional<internal::HostCalls::Scope> call;
    if (stored_) { // without a store it needs nothing that is released, and costs less
        call.emplace(calls);
    }
    check_open();
    check_version(event, options);
    if (!kept(event)) {
        call.reset(); // a handler may destroy the bus
        return {.handlers = dispatch(event, stored_ ? Offer::none : Offer::to_mailboxes)};
    }
    NewEvent kept_event{.record = encode(event), .expected_version = options.expected_version};
    // Agents that are added meanwhile read the record.
    if (delivery_->handled_by_agent(event.type())) {
        kept_event.event = event.type().copy(event);
    }
    PublishReport report = store_event(std::move(kept_event), event.type().durability());
    LIBBUS_FAULT_POINT("publish.after_commit");
    if (!report.duplicate) {
        call.reset(); // a handler may destroy the bus
        report.handlers = dispatch(event, Offer::none);
    }
    return report;
}

Ticket Bus::Core::post(std::shared_ptr<const DomainEvent> event, const PublishOptions& options) {
    check_open();
    check_version(*event, options);
    auto state = std::make_shared<Ticket::State>(runtime);
    if (kept(*event)) {
        const DomainEvent& e = *event;
        delivery_->submit(
            {.record = encode(e), .expected_version = options.expected_version, .event = event},
            e.type().durability(),
            [this, state, event = std::move(event)](PartResult&& result, Part&&) {
                LIBBUS_FAULT_POINT("publish.after_commit");
                if (!result.error && !result.places.front().duplicate) {
                    delivery_->dispatch_later(event);
                }
                state->resolve(std::move(result));
            });
        return Ticket{std::move(state)};
    }
    state->resolve({});
    if (delivery_) {
        delivery_->dispatch_later(event);
        return Ticket{std::move(state)};
    }
    dispatcher.offer(*event);
    ++posts_waiting_;
    posted_->post([this, event = std::move(event)] {
        if (phase_ == Phase::stopped) {
            return; // it stays counted
        }
        --posts_waiting_;
        const WorkerScope worker{hub.get()};
        dispatch(*event, Offer::none);
    });
    return Ticket{std::move(state)};
}

PublishReport Bus::Core::publish(const EventRecord& record, const PublishOptions& options) {
    check_open();
    if (!delivery_) {
        throw std::logic_error{"an event kept as a record can only go into a store, and this bus "
                               "has none: give it one in BusOptions"};
    }
    static_cast<void>(to_json(record)); // refuses a record that could not be written again
    return store_event(
        {.record = record, .expected_version = options.expected_version, .event = nullptr},
        Durability::committed);
}

/// Returns when the event is stored. Calls no handlers.
PublishReport Bus::Core::store_event(NewEvent event, Durability durability) {
    const auto state = std::make_shared<Ticket::State>(runtime);
    state->held = state;
    Writer::Bell bell;
    try {
        bell = delivery_->submit(std::move(event), durability,
                                 [to = state.get()](PartResult&& result, Part&& spent) {
                                     const auto hold = std::move(to->held);
                                     to->resolve(std::move(result), std::move(spent));
                                 });
    } catch (...) {
        state->held.reset(); // it was not handed over, so it will not be resolved
        throw;
    }
    const PartResult& result = state->wait(*bell);
    if (result.error) {
        std::rethrow_exception(result.error);
    }
    const PartResult::Place& place = result.places.front();
    return {.position = place.position, .duplicate = place.duplicate, .handlers = {}};
}

DispatchReport Bus::Core::dispatch(const DomainEvent& event, Offer offer) {
    const auto sink = hub->sink();
    if (sink == nullptr) {
        return dispatcher.dispatch(event, offer);
    }
    const bool by_agent = delivery_ && delivery_->handled_by_agent(event.type());
    // Nothing may follow this call: a handler may have destroyed this object.
    return dispatcher.dispatch_watched(event, *sink, by_agent, offer, runtime);
}

/// Without a store: publishes on the worker what a step emitted, after the step has succeeded.
void Bus::Core::publish_emitted(const std::vector<std::shared_ptr<const DomainEvent>>& events) {
    const WorkerScope worker{hub.get()};
    for (const auto& event : events) {
        dispatch(*event, Offer::to_mailboxes);
    }
}

TimerHandle Bus::Core::schedule(Duration delay, std::shared_ptr<const DomainEvent> event) {
    check_open();
    if (delivery_) {
        return delivery_->schedule(delay, *event);
    }
    const TimerHandle handle = timers_->reserve();
    timers_->start(handle, delay, std::move(event));
    hub->clock().watch();
    return handle;
}

bool Bus::Core::cancel(TimerHandle timer) {
    if (!delivery_) {
        return timers_->cancel(timer);
    }
    const internal::SeatedBus::User user{seat_};
    return delivery_->cancel(timer);
}

Delivery& Bus::Core::delivery_for(std::string_view what) {
    if (!delivery_) {
        throw std::logic_error{std::string{what} +
                               " needs a store, and this bus has none: give it one in BusOptions"};
    }
    return *delivery_;
}

bool Bus::Core::retry_now(std::string_view agent, Position position) {
    return delivery_ && delivery_->retry_now(agent, position);
}

std::vector<std::shared_ptr<Runner>> Bus::Core::runners() {
    std::vector<std::shared_ptr<Runner>> result;
    if (delivery_) {
        const auto all = delivery_->runners();
        result.assign(all.begin(), all.end());
        return result;
    }
    const std::shared_lock lock{mutex_};
    result.assign(mailboxes_.begin(), mailboxes_.end());
    return result;
}

bool Bus::Core::idle() {
    if (delivery_) {
        return delivery_->idle();
    }
    // Checked twice: what a timer or a post hands to an agent may count as a change only after that
    // agent was checked.
    const auto all = runners();
    const std::uint64_t before = hub->changes();
    return at_rest(all) && at_rest(all) && hub->changes() == before;
}

bool Bus::Core::at_rest(const std::vector<std::shared_ptr<Runner>>& all) {
    return posted_->idle() && timers_->idle() &&
           std::all_of(all.begin(), all.end(), [](const auto& runner) { return runner->idle(); });
}

bool Bus::Core::lost() {
    return delivery_ && !delivery_->lost().empty();
}

bool Bus::Core::wait_idle(std::optional<Duration> timeout) {
    if (on_worker()) {
        return idle() && !lost(); // a thread cannot wait for itself
    }
    return hub->wait([this] { return idle(); }, timeout) && !lost();
}

bool Bus::Core::wait_for(std::string_view agent, Position through, Duration timeout) {
    Delivery& delivery = delivery_for("waiting for an agent to have come to a position");
    if (on_worker()) {
        throw std::logic_error{"wait_for was called for agent " + std::string{agent} +
                               " in an agent's step or in a handler on a worker: it would wait "
                               "for itself, or for agents that need its thread; call it on a "
                               "thread of the host, or let the step return and react to an event"};
    }
    const std::shared_ptr<AgentRunner> runner = delivery.runner_of(agent);
    if (!runner) {
        throw std::invalid_argument{"there is no agent named " + std::string{agent} +
                                    " on this bus to be waited for: add it first, or correct the "
                                    "name"};
    }
    const AgentRunner::Awaited awaited{*runner};
    hub->wait(
        [&] {
            return runner->handled(through) || runner->ends() || phase_ == Phase::stopped || lost();
        },
        timeout);
    return runner->handled(through);
}

} // namespace bus
