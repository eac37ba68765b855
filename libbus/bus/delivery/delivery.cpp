#include <bus/delivery/delivery.hpp>
#include <bus/dispatch/worker_scope.hpp>
#include <bus/event/codec.hpp>
#include <bus/runtime/fault_point.hpp>
#include <bus/store/internal/ticket_state.hpp>

#include <algorithm>
#include <iterator>
#include <stdexcept>

namespace bus {

Delivery::Delivery(EventStore& store, Dispatcher& dispatcher, std::shared_ptr<RunnerHub> hub,
                   std::shared_ptr<Runtime> runtime, RequestTimes times, const AgentNames& names)
    : store_{store},
      dispatcher_{dispatcher},
      hub_{std::move(hub)},
      runtime_{std::move(runtime)},
      handlers_{
          std::make_shared<Strand>(hub_->runtime().pool(), [hub = hub_] { hub->note_change(); })},
      writer_{store, hub_->runtime(),
              [this](const Writer::Committed& committed) { on_committed(committed); },
              [hub = hub_] { hub->note_change(); }},
      house_{store, writer_, *hub_, internal::StepGate{hub_->runtime().pool()},
             store.last_timer()} {
    timers_ = std::make_shared<DurableTimers>(
        store_, writer_, hub_, [this](const EventRecord& record) { on_fired(record); });
    requests_ = std::make_shared<RequestDesk>(
        store_, writer_, hub_,
        [this](DeliveryCommand asked, RequestDesk::OnCommand done) {
            command(std::move(asked), std::move(done));
        },
        [this](const std::string& agent, ReplayOrder order, RequestAnswer answer,
               RequestDesk::OnCommand done) {
            replay(agent, order, std::move(answer), std::move(done));
        },
        AgentNames{.check = names.check,
                   .take =
                       [this, names](const std::string& agent) {
                           names.take(agent);
                           try {
                               const WorkerScope worker{hub_.get()};
                               let_leave(agent);
                           } catch (...) {
                               names.give_back(agent);
                               throw;
                           }
                       },
                   .give_back = names.give_back},
        times.forget_after);
    timers_->start();
    const bool others_ask = store_.abilities().other_processes && !hub_->runtime().virtual_time();
    requests_->start(others_ask ? times.every : Duration::zero());
    requests_->look();
}

Delivery::~Delivery() = default;

Writer::Bell Delivery::submit(NewEvent event, Durability durability, Done done) {
    LIBBUS_FAULT_POINT("publish.before_submit");
    Part part;
    part.durability = durability;
    part.events.push_back(std::move(event));
    return writer_.submit(std::move(part), std::move(done));
}

void Delivery::dispatch_later(const std::shared_ptr<const DomainEvent>& event) {
    if (hub_->sink() == nullptr && !dispatcher_.has_handlers(event->type())) {
        return;
    }
    handlers_->post([this, event] {
        const WorkerScope worker{hub_.get()};
        const auto sink = hub_->sink();
        if (sink != nullptr) {
            sink->on_published(*event);
        }
        const DispatchReport report = dispatcher_.dispatch(*event, sink.get());
        if (sink != nullptr && report.handled + report.failures.size() == 0 &&
            !handled_by_agent(event->type())) {
            sink->on_unhandled(*event);
        }
    });
}

/// Waits for agents that a step has removed: those of this name, or all where it is empty.
void Delivery::finish_leaving(std::string_view agent) {
    std::vector<std::shared_ptr<AgentRunner>> ending;
    {
        const std::shared_lock lock{mutex_};
        std::copy_if(leaving_.begin(), leaving_.end(), std::back_inserter(ending),
                     [&](const auto& r) { return agent.empty() || r->agent().name() == agent; });
    }
    if (ending.empty()) {
        return;
    }
    if (WorkerScope::active_for(hub_.get())) {
        throw std::logic_error{"agent " + std::string{agent} +
                               " is still ending its last step: add it from another thread"};
    }
    for (const auto& runner : ending) {
        runner->stop();
        const std::unique_lock lock{mutex_};
        std::erase(leaving_, runner);
    }
}

/// Who may wait does so; a worker only ends those that are at rest, which waits for nobody.
void Delivery::let_leave(const std::string& agent) {
    std::vector<std::shared_ptr<AgentRunner>> gone;
    {
        const std::shared_lock lock{mutex_};
        std::copy_if(leaving_.begin(), leaving_.end(), std::back_inserter(gone),
                     [&](const auto& runner) { return runner->agent().name() == agent; });
    }
    for (const auto& runner : gone) {
        if (WorkerScope::active_for(hub_.get()) && !runner->idle()) {
            throw std::invalid_argument{"agent " + agent +
                                        " was removed and is still ending its last step: forget "
                                        "it in a moment"};
        }
        runner->stop();
        const std::unique_lock lock{mutex_};
        std::erase(leaving_, runner);
    }
}

Agent& Delivery::add(std::unique_ptr<Agent> agent) {
    finish_leaving(agent->name());
    auto runner = std::make_shared<AgentRunner>(
        std::move(agent), house_, hub_,
        [this](const AgentRunner::Aftermath& aftermath) { on_aftermath(aftermath); });
    bool command_under_way = false;
    {
        // Listening begins before the agent reads the log, so that no commit falls between.
        const std::unique_lock lock{mutex_};
        runners_.push_back(runner);
        command_under_way = commands_under_way_ != 0;
    }
    try {
        if (command_under_way) {
            // It found no agent here; it is to be committed before the agent reads its rows.
            Part nothing;
            nothing.durability = Durability::buffered;
            submit_and_wait(std::move(nothing));
        }
        runner->start();
    } catch (...) {
        const std::unique_lock lock{mutex_};
        std::erase(runners_, runner);
        throw;
    }
    return runner->agent();
}

AgentStatus Delivery::remove(std::string_view agent) {
    const std::shared_ptr<AgentRunner> runner = runner_of(agent);
    if (!runner) {
        throw std::invalid_argument{"there is no agent named " + std::string{agent} +
                                    " on this bus to be removed"};
    }
    const bool on_worker = WorkerScope::active_for(hub_.get());
    {
        const std::unique_lock lock{mutex_};
        std::erase(runners_, runner);
        leaving_.push_back(runner); // what it has on its way is still to be counted with
    }
    if (on_worker) {
        runner->begin_stop(); // perhaps one of its own steps asks
    } else {
        runner->stop();
        const std::unique_lock lock{mutex_};
        std::erase(leaving_, runner);
    }
    hub_->note_change();
    return runner->status();
}

bool Delivery::handled_by_agent(const EventType& type) {
    const std::shared_lock lock{mutex_};
    return std::any_of(runners_.begin(), runners_.end(), [&](const auto& runner) {
        return runner->agent().handler_for(type) != nullptr;
    });
}

std::vector<std::shared_ptr<AgentRunner>> Delivery::runners() {
    const std::shared_lock lock{mutex_};
    return runners_;
}

bool Delivery::idle() {
    const auto all = runners();
    // Work that moves on while we look leaves one place for another; the count of changes tells.
    const std::uint64_t before = hub_->changes();
    return writer_.pending() == 0 && handlers_->idle() && timers_->idle() && requests_->idle() &&
           std::all_of(all.begin(), all.end(), [](const auto& runner) { return runner->idle(); }) &&
           writer_.pending() == 0 && hub_->changes() == before;
}

void Delivery::begin_stop() {
    timers_->stop();
    requests_->stop();
}

void Delivery::stop() {
    LIBBUS_FAULT_POINT("stop.before_checkpoint");
    begin_stop();
    finish_leaving({});
    for (const auto& runner : runners()) {
        runner->stop();
    }
    hub_->wait(
        [this] {
            return writer_.pending() == 0 && handlers_->idle() && timers_->idle() &&
                   requests_->idle();
        },
        std::nullopt);
    LIBBUS_FAULT_POINT("stop.after");
}

void Delivery::on_committed(const Writer::Committed& committed) {
    for (const auto& runner : runners()) {
        runner->offer(committed);
    }
}

void Delivery::on_aftermath(const AgentRunner::Aftermath& aftermath) {
    for (const auto& event : aftermath.emitted) {
        dispatch_later(event);
    }
    for (const TimerRecord& timer : aftermath.timers) {
        timers_->add(timer);
    }
    for (const std::uint64_t number : aftermath.cancelled_timers) {
        timers_->remove(number);
    }
    for (const PartResult::Changed& changed : aftermath.changed) {
        if (const auto runner = runner_of(changed.delivery.agent)) {
            runner->take_changed(changed);
        }
    }
}

void Delivery::on_fired(const EventRecord& record) {
    if (find_event_type(record.event_type) == nullptr) {
        return; // in the log, for a program that knows it
    }
    try {
        dispatch_later(decode(record));
    } catch (const CodecError& error) {
        // Not here: an observer that publishes would wait for the writer on its own thread.
        handlers_->post([this, what = std::string{error.what()}] {
            if (const auto sink = hub_->sink()) {
                sink->on_trouble("a timer's event cannot be read: " + what);
            }
        });
    }
}

void Delivery::command(DeliveryCommand command, RequestDesk::OnCommand done) {
    const std::shared_lock lock{mutex_};
    for (const auto* runners : {&runners_, &leaving_}) {
        for (const auto& runner : *runners) {
            if (runner->agent().name() == command.agent) {
                runner->command(std::move(command), std::move(done));
                return;
            }
        }
    }
    Part part;
    part.commanded_at = hub_->runtime().now();
    part.commands.push_back(std::move(command));
    ++commands_under_way_;
    writer_.submit(std::move(part), [this, done = std::move(done)](PartResult&& result, Part&&) {
        --commands_under_way_;
        on_aftermath({.changed = result.changed}); // an agent that came meanwhile
        done(result);
    });
}

void Delivery::replay(const std::string& agent, ReplayOrder order, RequestAnswer answer,
                      RequestDesk::OnCommand done) {
    const std::shared_lock lock{mutex_}; // no agent comes between the look and the count
    for (const auto* runners : {&runners_, &leaving_}) {
        for (const auto& runner : *runners) {
            if (runner->agent().name() == agent) {
                runner->replay(order, std::move(answer), std::move(done));
                return;
            }
        }
    }
    Part part; // it begins again when it comes
    part.agent = agent;
    part.replay = order;
    part.answers.push_back(std::move(answer));
    ++commands_under_way_;
    writer_.submit(std::move(part), [this, done = std::move(done)](PartResult&& result, Part&&) {
        --commands_under_way_;
        done(result);
    });
}

PartResult Delivery::submit_and_wait(Part part) {
    const auto state = std::make_shared<Ticket::State>(runtime_);
    writer_.submit(std::move(part), [state](PartResult&& result, Part&& spent) {
        state->resolve(std::move(result), std::move(spent));
    });
    return state->wait();
}

TimerHandle Delivery::schedule(Duration delay, const DomainEvent& event) {
    const Timestamp now = hub_->runtime().now();
    const Timestamp due = delay <= Duration::zero()        ? now
                          : delay > Timestamp::max() - now ? Timestamp::max()
                                                           : now + delay;
    TimerRecord timer{.number = ++house_.last_timer, .due = due, .event = encode(event)};
    Part part;
    part.put_timers.push_back(timer);
    if (const PartResult result = submit_and_wait(std::move(part)); result.error) {
        std::rethrow_exception(result.error);
    }
    const TimerHandle handle{timer.number};
    timers_->add(std::move(timer));
    return handle;
}

bool Delivery::cancel(TimerHandle timer) {
    Part part;
    part.fires = timer.number; // without an event: it is erased where it is there
    const PartResult result = submit_and_wait(std::move(part));
    if (!result.error) {
        timers_->remove(timer.number);
        return true;
    }
    try {
        std::rethrow_exception(result.error);
    } catch (const TimerGone&) {
        return false;
    }
}

std::uint64_t Delivery::request(const RequestRecord& request) {
    const std::uint64_t number = store_.ask(request);
    requests_->look();
    return number;
}

void Delivery::with_writer(const std::function<void(EventStore&)>& use) {
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
    std::exception_ptr error;
    writer_.run([&] {
        try {
            use(store_);
        } catch (...) {
            error = std::current_exception();
        }
        const std::lock_guard lock{mutex};
        done = true;
        changed.notify_all();
    });
    {
        std::unique_lock lock{mutex};
        hub_->runtime().wait(lock, changed, [&] { return done; });
    }
    if (error) {
        std::rethrow_exception(error);
    }
}

std::shared_ptr<AgentRunner> Delivery::runner_of(std::string_view agent) {
    const auto all = runners();
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& runner) {
        return runner->agent().name() == agent;
    });
    return found != all.end() ? *found : nullptr;
}

bool Delivery::retry_now(std::string_view agent, Position position) {
    const auto runner = runner_of(agent);
    return runner && runner->retry_now(position);
}

} // namespace bus
