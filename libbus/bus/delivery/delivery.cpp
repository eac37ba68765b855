#include <bus/delivery/delivery.hpp>
#include <bus/dispatch/worker_scope.hpp>
#include <bus/event/codec.hpp>
#include <bus/runtime/fault_point.hpp>
#include <bus/runtime/internal/saturating.hpp>
#include <bus/store/internal/ticket_state.hpp>

#include <algorithm>
#include <iterator>
#include <stdexcept>

namespace bus {

namespace {

/// How often to check that the store is still the one that was opened. The cost is too small to
/// measure.
constexpr Duration look_every = std::chrono::seconds{1};

} // namespace

Delivery::Delivery(EventStore& store, Dispatcher& dispatcher, std::shared_ptr<RunnerHub> hub,
                   std::shared_ptr<Runtime> runtime, const DeliveryTimes& times,
                   const AgentNames& names)
    : store_{store},
      dispatcher_{dispatcher},
      hub_{std::move(hub)},
      runtime_{std::move(runtime)},
      handlers_{
          std::make_shared<Strand>(hub_->runtime().pool(), [hub = hub_] { hub->note_change(); })},
      leavers_{
          std::make_shared<Strand>(hub_->runtime().pool(), [hub = hub_] { hub->note_change(); })},
      writer_{store, hub_->runtime(),
              [this](const Writer::Committed& committed) { on_committed(committed); },
              [hub = hub_] { hub->note_change(); },
              [this](const std::string& what, bool lost) { on_trouble(what, lost); }},
      house_{store, writer_, *hub_, {}, store.last_timer()} {
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
        [this](const AgentRecord& agent) { return lost_by_replay(agent); },
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
        times.requests.forget_after);
    if (Part from_the_future = timers_->bring_back(); !from_the_future.put_timers.empty()) {
        if (const PartResult result = submit_and_wait(std::move(from_the_future)); result.error) {
            std::rethrow_exception(result.error);
        }
    }
    watch_ = std::make_shared<StoreWatch>(writer_, hub_);
    timers_->start();
    hub_->clock().watch();
    const bool others_come = store_.abilities().other_processes;
    const bool by_the_clock = others_come && !hub_->runtime().virtual_time();
    requests_->start(by_the_clock ? times.requests.every : Duration::zero());
    watch_->start(others_come
                      ? times.look_every.value_or(by_the_clock ? look_every : Duration::zero())
                      : Duration::zero());
    requests_->look();
    retention_ = std::make_shared<RetentionRule>(
        store_, hub_, [this](const RequestRecord& asked) { return request(asked); },
        times.retention);
    retention_->start();
}

Delivery::~Delivery() = default;

Writer::Bell Delivery::submit(NewEvent event, Durability durability, Done done) {
    LIBBUS_FAULT_POINT_THROWS("publish.before_submit",
                              StoreError{"publish.before_submit: made to fail"});
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
        if (const auto sink = hub_->sink()) {
            dispatcher_.dispatch_watched(*event, *sink, handled_by_agent(event->type()),
                                         Dispatcher::Offer::none, runtime_);
        } else {
            dispatcher_.dispatch(*event);
        }
    });
}

/// Whether an agent of this name was removed but has not ended yet.
bool Delivery::leaves(std::string_view agent) {
    const std::shared_lock lock{mutex_};
    return std::any_of(leaving_.begin(), leaving_.end(),
                       [&](const auto& runner) { return runner->name() == agent; });
}

/// Whether nothing of removed agents is under way, and those that no thread waits for have ended.
bool Delivery::leavers_idle() {
    std::vector<std::shared_ptr<AgentRunner>> leavers;
    {
        const std::shared_lock lock{mutex_};
        leavers = leaving_;
    }
    return std::all_of(leavers.begin(), leavers.end(),
                       [](const auto& runner) { return runner->idle(); }) &&
           leavers_->idle();
}

/// Waits for an agent of this name that a step has removed.
void Delivery::finish_leaving(std::string_view agent) {
    if (!leaves(agent)) {
        return;
    }
    if (WorkerScope::active_for(hub_.get())) {
        throw std::logic_error{"agent " + std::string{agent} +
                               " is still ending its last step: add it from another thread"};
    }
    hub_->wait([&] { return !leaves(agent); }, std::nullopt);
}

void Delivery::let_leave(const std::string& agent) {
    if (!leaves(agent)) {
        return;
    }
    if (WorkerScope::active_for(hub_.get())) {
        throw std::invalid_argument{"agent " + agent +
                                    " was removed and is still ending its last step: forget it in "
                                    "a moment"};
    }
    hub_->wait([&] { return !leaves(agent); }, std::nullopt);
}

Agent& Delivery::add(std::unique_ptr<Agent> agent) {
    finish_leaving(agent->name());
    if (const auto sink = hub_->sink(); sink && !unknown_types_reported_.exchange(true)) {
        internal::report_unknown(store_, *sink);
    }
    Agent& added = *agent;
    auto runner = std::make_shared<AgentRunner>(
        std::move(agent), house_, hub_,
        [this](const AgentRunner::Aftermath& aftermath) { on_aftermath(aftermath); });
    bool command_under_way = false;
    {
        // The agent gets commits before it reads the log, so that it misses none in between.
        const std::unique_lock lock{mutex_};
        runners_.push_back(runner);
        command_under_way = commands_under_way_ != 0;
    }
    try {
        if (command_under_way) {
            // The command found no agent here. It must be committed before the agent reads its
            // rows, so wait for a part that the writer commits after it.
            Part nothing;
            nothing.durability = Durability::buffered;
            submit_and_wait(std::move(nothing));
        }
        runner->start();
    } catch (...) {
        bool ours = false;
        {
            const std::unique_lock lock{mutex_};
            ours = std::erase(runners_, runner) != 0;
        }
        if (ours) {
            runner->end_agent(); // if not, the thread that removed it does this
        }
        throw;
    }
    return added;
}

/// Takes the agent out of runners_. If several threads remove it, one gets it and the others get an
/// exception.
std::shared_ptr<AgentRunner> Delivery::take_out(std::string_view agent) {
    const std::unique_lock lock{mutex_};
    const auto found = std::find_if(runners_.begin(), runners_.end(),
                                    [&](const auto& runner) { return runner->name() == agent; });
    if (found == runners_.end()) {
        throw std::invalid_argument{"there is no agent named " + std::string{agent} +
                                    " on this bus to be removed"};
    }
    std::shared_ptr<AgentRunner> runner = *found;
    leaving_.push_back(runner); // its work under way still counts
    runners_.erase(found);
    return runner;
}

AgentStatus Delivery::remove(std::string_view agent) {
    const std::shared_ptr<AgentRunner> runner = take_out(agent);
    if (WorkerScope::active_for(hub_.get())) {
        leave(runner); // the caller may be one of its own steps
    } else {
        runner->stop();
        end(runner);
    }
    return runner->status();
}

void Delivery::leave(const std::shared_ptr<AgentRunner>& runner) {
    runner->leave([this, weak = std::weak_ptr{runner}] {
        leavers_->post([this, leaver = weak.lock()] {
            const WorkerScope worker{hub_.get()};
            leaver->finish();
            end(leaver);
        });
    });
}

/// Called when nothing of the agent is under way and it can no longer be found.
void Delivery::end(const std::shared_ptr<AgentRunner>& runner) {
    runner->end_agent();
    {
        const std::unique_lock lock{mutex_};
        std::erase(leaving_, runner);
    }
    hub_->note_change();
}

bool Delivery::handled_by_agent(const EventType& type) {
    const std::shared_lock lock{mutex_};
    return std::any_of(runners_.begin(), runners_.end(),
                       [&](const auto& runner) { return runner->handles(&type); });
}

std::vector<std::shared_ptr<AgentRunner>> Delivery::runners() {
    const std::shared_lock lock{mutex_};
    return runners_;
}

bool Delivery::idle() {
    const auto all = runners();
    // Work may move from one place to another while this looks. The count of changes shows that.
    const std::uint64_t before = hub_->changes();
    return writer_.pending() == 0 && handlers_->idle() && timers_->idle() && requests_->idle() &&
           retention_->idle() &&
           std::all_of(all.begin(), all.end(), [](const auto& runner) { return runner->idle(); }) &&
           leavers_idle() && writer_.pending() == 0 && hub_->changes() == before;
}

void Delivery::begin_stop() {
    watch_->stop();
    timers_->stop();
    requests_->stop();
    retention_->stop();
}

void Delivery::stop() {
    LIBBUS_FAULT_POINT("stop.before_checkpoint");
    begin_stop();
    for (const auto& runner : runners()) {
        runner->stop();
    }
    if (store_.abilities().other_processes) {
        writer_.look(); // so that the report of stop() includes a store that was lost
    }
    hub_->wait(
        [this] {
            // Asked one after the other: work may have moved to a part that was asked before.
            const std::uint64_t before = hub_->changes();
            return leavers_idle() && writer_.pending() == 0 && handlers_->idle() &&
                   timers_->idle() && requests_->idle() && retention_->idle() && leavers_idle() &&
                   hub_->changes() == before;
        },
        std::nullopt);
    // Everything has ended: the caller gets the error, but has nothing left to do.
    LIBBUS_FAULT_POINT_THROWS("stop.after", StoreError{"stop.after: made to fail"});
}

/// Called on the writer's thread. Observers run elsewhere: they may publish, and would wait for the
/// writer on its own thread.
void Delivery::on_trouble(const std::string& what, bool lost) {
    if (lost) {
        const std::unique_lock lock{mutex_};
        lost_ = what;
    }
    handlers_->post([this, what, lost] {
        const WorkerScope worker{hub_.get()};
        hub_->teller().on_trouble(what);
        if (lost) { // nothing more can be done, so nothing must wait for it
            begin_stop();
            for (const auto& runner : runners()) {
                runner->begin_stop();
            }
            hub_->note_change();
        }
    });
}

std::string Delivery::lost() {
    const std::shared_lock lock{mutex_};
    return lost_;
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
    for (const StartedTimer& timer : aftermath.timers) {
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
        return; // it is in the log, for a program that knows the type
    }
    try {
        dispatch_later(decode(record));
    } catch (const CodecError& error) {
        // Report it elsewhere: an observer that publishes would wait for the writer on its own
        // thread.
        handlers_->post([this, what = std::string{error.what()}] {
            hub_->teller().on_trouble("a timer's event cannot be read: " + what);
        });
    }
}

void Delivery::command(DeliveryCommand command, RequestDesk::OnCommand done) {
    const std::shared_lock lock{mutex_};
    for (const auto* runners : {&runners_, &leaving_}) {
        for (const auto& runner : *runners) {
            if (runner->name() == command.agent) {
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
        on_aftermath({.changed = result.changed}); // for an agent that was added meanwhile
        done(result);
    });
}

void Delivery::replay(const std::string& agent, ReplayOrder order, RequestAnswer answer,
                      RequestDesk::OnCommand done) {
    const std::shared_lock lock{mutex_}; // no agent is added between the search and the count
    for (const auto* runners : {&runners_, &leaving_}) {
        for (const auto& runner : *runners) {
            if (runner->name() == agent) {
                runner->replay(order, std::move(answer), std::move(done));
                return;
            }
        }
    }
    answer.result += once_its_program_runs;
    Part part; // the agent begins the replay when it is added
    part.agent = agent;
    part.replay = order;
    part.answers.push_back(std::move(answer));
    ++commands_under_way_;
    writer_.submit(std::move(part), [this, done = std::move(done)](PartResult&& result, Part&&) {
        --commands_under_way_;
        done(result);
    });
}

std::string Delivery::lost_by_replay(const AgentRecord& agent) {
    std::string lost;
    for (const auto& runner : runners()) {
        if (runner->name() == agent.name) {
            runner->show([&](const Agent& shown) {
                lost = internal::types_it_may_have_handled(store_, agent, shown);
            });
        }
    }
    return lost;
}

PartResult Delivery::submit_and_wait(Part part) {
    const auto state = std::make_shared<Ticket::State>(runtime_);
    writer_.submit(std::move(part), [state](PartResult&& result, Part&& spent) {
        state->resolve(std::move(result), std::move(spent));
    });
    return state->wait();
}

TimerHandle Delivery::schedule(Duration delay, const DomainEvent& event) {
    const ClockReading now = hub_->runtime().read_clocks();
    StartedTimer timer{.due = internal::later(now.steady, delay)};
    timer.record = {.number = ++house_.last_timer,
                    .due = now.wall_of(timer.due),
                    .scheduled_at = now.wall,
                    .event = encode(event)};
    const TimerHandle handle{timer.record.number};
    Part part;
    part.put_timers.push_back(timer.record);
    const auto state = std::make_shared<Ticket::State>(runtime_);
    writer_.submit(std::move(part), [timers = timers_, state,
                                     timer = std::move(timer)](PartResult&& result, Part&& spent) {
        if (!result.error) {
            timers->add(timer); // before the writer writes anything else
        }
        state->resolve(std::move(result), std::move(spent));
    });
    if (const PartResult result = state->wait(); result.error) {
        std::rethrow_exception(result.error);
    }
    return handle;
}

bool Delivery::cancel(TimerHandle timer) {
    Part part;
    part.fires = timer.number; // without an event: erases the timer if it exists
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

std::size_t Delivery::with_writer(Use use) {
    struct State {
        std::mutex mutex;
        std::condition_variable changed;
        std::optional<std::size_t> result;
        std::exception_ptr error;
    };

    const auto state = std::make_shared<State>();
    writer_.run([this, state, use = std::move(use)] {
        std::size_t result = 0;
        std::exception_ptr error;
        try {
            result = use(store_);
        } catch (...) {
            error = std::current_exception();
        }
        const std::lock_guard lock{state->mutex};
        state->result = result;
        state->error = std::move(error);
        state->changed.notify_all();
    });
    std::unique_lock lock{state->mutex};
    hub_->runtime().wait(lock, state->changed, [&] { return state->result.has_value(); });
    if (state->error) {
        std::rethrow_exception(std::exchange(state->error, nullptr));
    }
    return *state->result;
}

std::shared_ptr<AgentRunner> Delivery::runner_of(std::string_view agent) {
    const auto all = runners();
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const auto& runner) { return runner->name() == agent; });
    return found != all.end() ? *found : nullptr;
}

bool Delivery::retry_now(std::string_view agent, Position position) {
    const auto runner = runner_of(agent);
    return runner && runner->retry_now(position);
}

} // namespace bus
