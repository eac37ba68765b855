#include <bus/agent/graph.hpp>
#include <bus/bus.hpp>
#include <bus/internal/bus_core.hpp>
#include <bus/runtime/internal/process_exit.hpp>

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace bus {

std::function<void(std::string_view line)> detail::says_on_stderr() {
    return say_on_stderr;
}

Bus::Bus(BusOptions options) : core_{std::make_unique<Core>(std::move(options)).release()} {}

Bus::~Bus() {
    if (!core_->home.destroyed_here("a bus")) {
        detail::leave_behind(core_);
        return;
    }
    const bool program_ends = internal::process_exits();
    if (const char* const why = core_->why_not_to_be_destroyed()) {
        if (program_ends) { // exit() was called in a step or a handler: nobody can wait for it
            detail::leave_behind(core_);
            return;
        }
        static_cast<void>(std::fputs(why, stderr));
        std::abort();
    }
    std::unique_ptr<Core> core{core_};
    if (program_ends) {
        // Destructors of other statics, and threads that nobody joins, may still publish.
        core->end_with_program();
        detail::leave_behind(std::move(core));
        return;
    }
    core->end();
}

Bus::Core& Bus::here() const {
    core_->home.check("a bus");
    core_->check_not_ended();
    return *core_;
}

Subscription Bus::subscribe(const detail::SlotRef& slot) {
    return here().subscribe(slot);
}

PublishReport Bus::publish_event(const DomainEvent& event) {
    return core_->publish(event);
}

PublishReport Bus::publish_event(const DomainEvent& event, const PublishOptions& options) {
    return core_->publish_with_care(event, options);
}

Ticket Bus::post_event(std::shared_ptr<const DomainEvent> event, const PublishOptions& options) {
    return here().post(std::move(event), options);
}

PublishReport Bus::publish(const EventRecord& record, const PublishOptions& options) {
    return here().publish(record, options);
}

Agent& Bus::add(std::unique_ptr<Agent> agent) {
    return here().add(std::move(agent));
}

AgentStatus Bus::remove(std::string_view agent) {
    return here().remove(agent);
}

TimerHandle Bus::schedule_event(Duration delay, std::shared_ptr<const DomainEvent> event) {
    return here().schedule(delay, std::move(event));
}

bool Bus::cancel(TimerHandle timer) {
    return here().cancel(timer);
}

std::size_t Bus::poll(std::size_t limit) {
    return here().runtime->poll(limit);
}

bool Bus::retry_now(std::string_view agent, Position position) {
    return here().retry_now(agent, position);
}

std::uint64_t Bus::request(RequestRecord request) {
    return here().request(std::move(request));
}

std::uint64_t Bus::prune(Position through) {
    return here().prune(through);
}

bool Bus::forget(std::string_view agent) {
    return here().forget(agent);
}

bool Bus::wait_idle(std::optional<Duration> timeout) {
    return here().wait_idle(timeout);
}

bool Bus::wait_for(std::string_view agent, Position through, Duration timeout) {
    return here().wait_for(agent, through, timeout);
}

bool Bus::idle() {
    return here().idle();
}

StopReport Bus::stop(Stop how, Duration deadline) {
    return here().stop(how, deadline);
}

std::optional<std::string> Bus::state_text(std::string_view agent, std::string_view key) {
    return here().state_text(agent, key);
}

StatePage Bus::state_page(std::string_view agent, std::string_view prefix,
                          const std::optional<std::string>& after) {
    return here().state_page(agent, prefix, after);
}

std::vector<AgentStatus> Bus::status() {
    std::vector<AgentStatus> result;
    for (const auto& runner : here().runners()) {
        result.push_back(runner->status());
    }
    return result;
}

EventGraph Bus::graph() {
    EventGraph result;
    for (const auto& runner : here().runners()) {
        runner->show([&](const Agent& agent) { result.add(agent); });
    }
    for (HandlerDescription& handler : here().dispatcher.handlers()) {
        result.add(std::move(handler));
    }
    return result;
}

Runtime& Bus::runtime() noexcept {
    return *core_->runtime;
}

EventStore* Bus::store() noexcept {
    return core_->store.get();
}

std::shared_ptr<ObserverSwitch> Bus::set_observer_sink(std::weak_ptr<ObserverSink> sink) {
    const Core& core = here();
    core.hub->set_sink(std::move(sink));
    return core.hub;
}

} // namespace bus
