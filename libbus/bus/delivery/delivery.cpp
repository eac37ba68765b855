#include <bus/delivery/delivery.hpp>
#include <bus/dispatch/worker_scope.hpp>
#include <bus/runtime/fault_point.hpp>

#include <algorithm>
#include <stdexcept>

namespace bus {

Delivery::Delivery(EventStore& store, Dispatcher& dispatcher, std::shared_ptr<RunnerHub> hub)
    : store_{store},
      dispatcher_{dispatcher},
      hub_{std::move(hub)},
      handlers_{
          std::make_shared<Strand>(hub_->runtime().pool(), [hub = hub_] { hub->note_change(); })},
      writer_{store, hub_->runtime(),
              [this](const Writer::Committed& committed) { on_committed(committed); },
              [hub = hub_] { hub->note_change(); }} {}

Delivery::~Delivery() = default;

void Delivery::submit(NewEvent event, Durability durability, Done done) {
    LIBBUS_FAULT_POINT("publish.before_submit");
    Part part;
    part.durability = durability;
    part.events.push_back(std::move(event));
    writer_.submit(std::move(part), std::move(done));
}

void Delivery::dispatch_later(std::shared_ptr<const DomainEvent> event) {
    if (hub_->sink() == nullptr && !dispatcher_.has_handlers(event->type())) {
        return;
    }
    handlers_->post([this, event = std::move(event)] {
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

Agent& Delivery::add(std::unique_ptr<Agent> agent) {
    auto runner = std::make_shared<AgentRunner>(
        std::move(agent), store_, writer_, hub_,
        [this](AgentRunner::Aftermath&& aftermath) { on_aftermath(std::move(aftermath)); });
    {
        // Listening begins before the agent reads the log, so that no commit falls between.
        const std::unique_lock lock{mutex_};
        runners_.push_back(runner);
    }
    try {
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
    {
        const std::unique_lock lock{mutex_};
        std::erase(runners_, runner);
    }
    if (WorkerScope::active_for(hub_.get())) {
        runner->begin_stop(); // perhaps one of its own steps asks
    } else {
        runner->stop();
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
    return writer_.pending() == 0 && handlers_->idle() &&
           std::all_of(all.begin(), all.end(), [](const auto& runner) { return runner->idle(); }) &&
           writer_.pending() == 0 && hub_->changes() == before;
}

void Delivery::stop() {
    LIBBUS_FAULT_POINT("stop.before_checkpoint");
    for (const auto& runner : runners()) {
        runner->stop();
    }
    hub_->wait([this] { return writer_.pending() == 0 && handlers_->idle(); }, std::nullopt);
    LIBBUS_FAULT_POINT("stop.after");
}

void Delivery::on_committed(const Writer::Committed& committed) {
    for (const auto& runner : runners()) {
        runner->offer(committed);
    }
}

void Delivery::on_aftermath(AgentRunner::Aftermath&& aftermath) {
    for (auto& event : aftermath.emitted) {
        dispatch_later(std::move(event));
    }
    for (const DeliveryRecord& delivery : aftermath.redriven) {
        if (const auto runner = runner_of(delivery.agent)) {
            runner->take_redriven(delivery);
        }
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
