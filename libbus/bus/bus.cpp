#include <bus/agent/mailbox_runner.hpp>
#include <bus/bus.hpp>
#include <bus/delivery/delivery.hpp>
#include <bus/event/codec.hpp>
#include <bus/runtime/strand.hpp>
#include <bus/runtime/system_runtime.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>

namespace bus {

namespace {

/// Set on a thread while it runs a step's emissions: such a thread never waits for room.
thread_local bool on_worker = false;

struct WorkerScope {
    WorkerScope() noexcept : previous{on_worker} { on_worker = true; }

    WorkerScope(const WorkerScope&) = delete;
    WorkerScope& operator=(const WorkerScope&) = delete;

    ~WorkerScope() { on_worker = previous; }

    bool previous;
};

} // namespace

struct Ticket::State {
    explicit State(std::shared_ptr<Runtime> r) : runtime{std::move(r)} {}

    std::shared_ptr<Runtime> runtime;
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<PartResult> result;

    void resolve(PartResult&& r) {
        const std::lock_guard lock{mutex};
        result = std::move(r);
        changed.notify_all();
    }

    const PartResult& wait() {
        std::unique_lock lock{mutex};
        runtime->wait(lock, changed, [this] { return result.has_value(); });
        return *result;
    }
};

Position Ticket::wait() {
    const PartResult& result = state_->wait();
    if (result.error) {
        std::rethrow_exception(result.error);
    }
    return result.places.empty() ? 0 : result.places.front().position;
}

std::optional<Position> Ticket::poll() {
    {
        const std::lock_guard lock{state_->mutex};
        if (!state_->result) {
            return std::nullopt;
        }
    }
    return wait();
}

std::exception_ptr Ticket::error() {
    return state_->wait().error;
}

/// The bus itself; Bus is its face.
class Bus::Core {
public:
    explicit Core(BusOptions options)
        : runtime{options.runtime ? std::move(options.runtime) : std::make_shared<SystemRuntime>()},
          store{std::move(options.store)},
          hub{std::make_shared<RunnerHub>(*runtime)} {
        if (store) {
            delivery_ = std::make_unique<Delivery>(*store, dispatcher, hub);
        } else {
            posted_ =
                std::make_shared<Strand>(runtime->pool(), [hub = hub] { hub->note_change(); });
        }
    }

    PublishReport publish(const DomainEvent& event, const PublishOptions& options);
    Ticket post(std::shared_ptr<const DomainEvent> event, const PublishOptions& options);
    PublishReport publish(const EventRecord& record, const PublishOptions& options);
    Agent& add(std::unique_ptr<Agent> agent);

    bool retry_now(std::string_view agent, Position position) {
        return delivery_ && delivery_->retry_now(agent, position);
    }

    bool idle();
    StopReport stop(Stop how, Duration deadline);
    std::vector<std::shared_ptr<Runner>> runners();

    std::shared_ptr<Runtime> runtime;
    std::shared_ptr<EventStore> store;
    std::shared_ptr<RunnerHub> hub;
    Dispatcher dispatcher;

private:
    [[nodiscard]] bool kept(const DomainEvent& event) const {
        return delivery_ && event.type().durability() != Durability::transient;
    }

    void check_open() const;
    void check_version(const DomainEvent& event, const PublishOptions& options) const;
    void check_new_agent(const Agent& agent);
    void offer(const DomainEvent& event);
    DispatchReport dispatch(const DomainEvent& event);
    void publish_emitted(const std::vector<std::shared_ptr<const DomainEvent>>& events);
    bool handled_by_agent(const EventType& type);
    std::shared_ptr<Ticket::State> store_event(NewEvent event, Durability durability);

    std::atomic<bool> stopping_{false};
    std::shared_mutex mutex_;
    using Takers = std::vector<std::shared_ptr<MailboxRunner>>;
    Takers mailboxes_;
    std::shared_ptr<const Takers> takers_ = std::make_shared<const Takers>();
    std::unique_ptr<Delivery> delivery_;
    std::shared_ptr<Strand> posted_; ///< without a store: the plain handlers of what was posted
};

void Bus::Core::check_open() const {
    if (stopping_) {
        throw std::logic_error{"the bus is stopping: it takes no more events; publish before "
                               "stop(), or make a new bus"};
    }
}

void Bus::Core::check_version(const DomainEvent& event, const PublishOptions& options) const {
    if (options.expected_version && !kept(event)) {
        throw std::logic_error{std::string{event.event_type()} +
                               " is not stored, so its stream has no version to expect: publish it "
                               "without expected_version, on a bus with a store, as a type that is "
                               "not transient"};
    }
}

PublishReport Bus::Core::publish(const DomainEvent& event, const PublishOptions& options) {
    check_open();
    check_version(event, options);
    PublishReport report;
    if (kept(event)) {
        const auto state = store_event({.record = encode(event),
                                        .expected_version = options.expected_version,
                                        .event = event.type().copy(event)},
                                       event.type().durability());
        const PartResult& result = state->wait();
        if (result.error) {
            std::rethrow_exception(result.error);
        }
        report.position = result.places.front().position;
        report.duplicate = result.places.front().duplicate;
        if (report.duplicate) {
            return report;
        }
    } else if (!delivery_) {
        offer(event);
    }
    report.handlers = dispatch(event);
    return report;
}

Ticket Bus::Core::post(std::shared_ptr<const DomainEvent> event, const PublishOptions& options) {
    check_open();
    check_version(*event, options);
    if (kept(*event)) {
        auto state = std::make_shared<Ticket::State>(runtime);
        const DomainEvent& e = *event;
        delivery_->submit(
            {.record = encode(e), .expected_version = options.expected_version, .event = event},
            e.type().durability(), [this, state, event = std::move(event)](PartResult&& result) {
                if (!result.error && !result.places.front().duplicate) {
                    delivery_->dispatch_later(event);
                }
                state->resolve(std::move(result));
            });
        return Ticket{std::move(state)};
    }
    auto state = std::make_shared<Ticket::State>(runtime);
    state->resolve({});
    if (delivery_) {
        delivery_->dispatch_later(std::move(event));
        return Ticket{std::move(state)};
    }
    offer(*event);
    posted_->post([this, event = std::move(event)] { dispatch(*event); });
    return Ticket{std::move(state)};
}

PublishReport Bus::Core::publish(const EventRecord& record, const PublishOptions& options) {
    check_open();
    if (!delivery_) {
        throw std::logic_error{"an event kept as a record can only go into a store, and this bus "
                               "has none: give it one in BusOptions"};
    }
    const auto state = store_event(
        {.record = record, .expected_version = options.expected_version, .event = nullptr},
        Durability::committed);
    const PartResult& result = state->wait();
    if (result.error) {
        std::rethrow_exception(result.error);
    }
    return {.position = result.places.front().position,
            .duplicate = result.places.front().duplicate,
            .handlers = {}};
}

std::shared_ptr<Ticket::State> Bus::Core::store_event(NewEvent event, Durability durability) {
    auto state = std::make_shared<Ticket::State>(runtime);
    delivery_->submit(std::move(event), durability,
                      [state](PartResult&& result) { state->resolve(std::move(result)); });
    return state;
}

void Bus::Core::offer(const DomainEvent& event) {
    std::shared_ptr<const Takers> takers;
    {
        const std::shared_lock lock{mutex_};
        takers = takers_;
    }
    for (const auto& runner : *takers) {
        if (runner->agent().handler_for(event.type()) != nullptr) {
            runner->offer(event, !on_worker);
        }
    }
}

DispatchReport Bus::Core::dispatch(const DomainEvent& event) {
    const auto sink = hub->sink();
    if (sink != nullptr) {
        sink->on_published(event);
    }
    DispatchReport report = dispatcher.dispatch(event, sink.get());
    if (sink != nullptr && report.handled + report.failures.size() == 0 &&
        !handled_by_agent(event.type())) {
        sink->on_unhandled(event);
    }
    return report;
}

/// Without a store: what a step emitted is published on its worker, once the step has succeeded.
void Bus::Core::publish_emitted(const std::vector<std::shared_ptr<const DomainEvent>>& events) {
    const WorkerScope worker;
    for (const auto& event : events) {
        offer(*event);
        dispatch(*event);
    }
}

bool Bus::Core::handled_by_agent(const EventType& type) {
    if (delivery_) {
        return delivery_->handled_by_agent(type);
    }
    const std::shared_lock lock{mutex_};
    return std::any_of(mailboxes_.begin(), mailboxes_.end(), [&](const auto& runner) {
        return runner->agent().handler_for(type) != nullptr;
    });
}

void Bus::Core::check_new_agent(const Agent& agent) {
    agent.settings().check(agent.name());
    for (const auto& runner : runners()) {
        if (runner->agent().name() == agent.name()) {
            throw std::invalid_argument{"there is an agent named " + agent.name() +
                                        " already; names identify agents in the store"};
        }
    }
    for (const Agent::Handler& handler : agent.handlers()) {
        if (delivery_ && handler.type->durability() == Durability::transient) {
            throw std::invalid_argument{
                "agent " + agent.name() + " handles " + std::string{handler.type->name()} +
                ", which is transient: on a store agents are fed from the log, where it never "
                "is; subscribe a plain handler, or make the type buffered"};
        }
    }
}

Agent& Bus::Core::add(std::unique_ptr<Agent> agent) {
    check_open();
    check_new_agent(*agent);
    if (delivery_) {
        return delivery_->add(std::move(agent));
    }
    auto runner = std::make_shared<MailboxRunner>(
        std::move(agent), hub, [this](const auto& events) { publish_emitted(events); });
    runner->start();
    const std::unique_lock lock{mutex_};
    mailboxes_.push_back(runner);
    takers_ = std::make_shared<const Takers>(mailboxes_);
    return runner->agent();
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
    const auto all = runners();
    const std::uint64_t before = hub->changes();
    return posted_->idle() &&
           std::all_of(all.begin(), all.end(), [](const auto& runner) { return runner->idle(); }) &&
           posted_->idle() && hub->changes() == before;
}

StopReport Bus::Core::stop(Stop how, Duration deadline) {
    stopping_ = true;
    StopReport report;
    report.drained = how == Stop::drain && hub->wait([this] { return idle(); }, deadline);
    const auto all = runners();
    const Position last = store ? store->last_position() : 0;
    for (const auto& runner : all) {
        if (!delivery_) {
            runner->stop();
        }
    }
    if (delivery_) {
        delivery_->stop();
    } else {
        hub->wait([this] { return posted_->idle(); }, std::nullopt);
    }
    for (const auto& runner : all) {
        AgentStatus status = runner->status();
        report.queued += status.queued;
        if (status.queued == 0 && status.busy && last > status.checkpoint) {
            report.queued += static_cast<std::size_t>(last - status.checkpoint);
        }
        report.deferred += status.retrying + status.not_ready;
        report.agents.push_back(std::move(status));
    }
    return report;
}

Bus::Bus(BusOptions options) : core_{std::make_unique<Core>(std::move(options))} {}

Bus::~Bus() {
    try {
        core_->stop(Stop::now, Duration::zero());
    } catch (const std::exception& error) {
        // What was not committed is in the log still; there is nobody else left to tell.
        if (const auto sink = core_->hub->sink()) {
            sink->on_trouble(error.what());
        }
    }
}

Subscription Bus::subscribe(const EventType& type, Dispatcher::Call call, Dispatcher::Filter filter,
                            const SubscribeOptions& options) {
    return core_->dispatcher.subscribe(type, std::move(call), std::move(filter), options);
}

PublishReport Bus::publish_event(const DomainEvent& event, const PublishOptions& options) {
    return core_->publish(event, options);
}

Ticket Bus::post_event(std::shared_ptr<const DomainEvent> event, const PublishOptions& options) {
    return core_->post(std::move(event), options);
}

PublishReport Bus::publish(const EventRecord& record, const PublishOptions& options) {
    return core_->publish(record, options);
}

Agent& Bus::add(std::unique_ptr<Agent> agent) {
    return core_->add(std::move(agent));
}

bool Bus::retry_now(std::string_view agent, Position position) {
    return core_->retry_now(agent, position);
}

bool Bus::wait_idle(std::optional<Duration> timeout) {
    return core_->hub->wait([this] { return core_->idle(); }, timeout);
}

bool Bus::idle() {
    return core_->idle();
}

StopReport Bus::stop(Stop how, Duration deadline) {
    return core_->stop(how, deadline);
}

std::vector<AgentStatus> Bus::status() {
    std::vector<AgentStatus> result;
    for (const auto& runner : core_->runners()) {
        result.push_back(runner->status());
    }
    return result;
}

Runtime& Bus::runtime() noexcept {
    return *core_->runtime;
}

EventStore* Bus::store() noexcept {
    return core_->store.get();
}

void Bus::set_observer_sink(std::weak_ptr<ObserverSink> sink) {
    core_->hub->set_sink(std::move(sink));
}

} // namespace bus
