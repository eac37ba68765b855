#include <bus/agent/graph.hpp>
#include <bus/bus.hpp>
#include <bus/internal/bus_core.hpp>
#include <bus/runtime/internal/process_exit.hpp>

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace bus {

namespace {

/// A call of the host, which the end of the program waits for.
template <class Core>
class Call {
public:
    explicit Call(Core& core) : core_{core}, scope_{core.calls} {}

    Core* operator->() const noexcept { return &core_; }

private:
    Core& core_;
    internal::HostCalls::Scope scope_;
};

} // namespace

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
    core_->calls.check_open();
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
    return Call(here())->post(std::move(event), options);
}

PublishReport Bus::publish(const EventRecord& record, const PublishOptions& options) {
    return Call(here())->publish(record, options);
}

Agent& Bus::add(std::unique_ptr<Agent> agent) {
    return Call(here())->add(std::move(agent));
}

AgentStatus Bus::remove(std::string_view agent) {
    return Call(here())->remove(agent);
}

TimerHandle Bus::schedule_event(Duration delay, std::shared_ptr<const DomainEvent> event) {
    return Call(here())->schedule(delay, std::move(event));
}

bool Bus::cancel(TimerHandle timer) {
    return Call(here())->cancel(timer);
}

std::size_t Bus::poll(std::size_t limit) {
    // Not during the poll: a task may destroy the bus.
    const std::shared_ptr<Runtime> runtime = Call(here())->runtime;
    return runtime->poll(limit);
}

bool Bus::retry_now(std::string_view agent, Position position) {
    return Call(here())->retry_now(agent, position);
}

std::uint64_t Bus::request(RequestRecord request) {
    return Call(here())->request(std::move(request));
}

std::uint64_t Bus::prune(Position through) {
    return Call(here())->prune(through);
}

bool Bus::forget(std::string_view agent) {
    return Call(here())->forget(agent);
}

bool Bus::wait_idle(std::optional<Duration> timeout) {
    return Call(here())->wait_idle(timeout);
}

bool Bus::wait_for(std::string_view agent, Position through, Duration timeout) {
    return Call(here())->wait_for(agent, through, timeout);
}

bool Bus::idle() {
    return Call(here())->idle();
}

StopReport Bus::stop(Stop how, Duration deadline) {
    return Call(here())->stop(how, deadline);
}

std::optional<std::string> Bus::state_text(std::string_view agent, std::string_view key) {
    return Call(here())->state_text(agent, key);
}

StatePage Bus::state_page(std::string_view agent, std::string_view prefix,
                          const std::optional<std::string>& after) {
    return Call(here())->state_page(agent, prefix, after);
}

std::vector<AgentStatus> Bus::status() {
    std::vector<AgentStatus> result;
    const Call call{here()};
    for (const auto& runner : call->runners()) {
        result.push_back(runner->status());
    }
    return result;
}

EventGraph Bus::graph() {
    EventGraph result;
    const Call call{here()};
    for (const auto& runner : call->runners()) {
        runner->show([&](const Agent& agent) { result.add(agent); });
    }
    for (HandlerDescription& handler : call->dispatcher.handlers()) {
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
