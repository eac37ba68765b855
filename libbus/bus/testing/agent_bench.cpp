#include <bus/observers.hpp>
#include <bus/testing/agent_bench.hpp>

#include <algorithm>
#include <stdexcept>

namespace bus::testing {

/// What the observers have heard about the agent.
struct AgentBench::Watch {
    std::vector<FailedAttempt> failures;
    std::vector<FailedAttempt> given_up;
};

AgentBench::AgentBench(const Setup& setup) : world_{setup} {}

AgentBench::~AgentBench() = default;

Agent& AgentBench::install(std::unique_ptr<Agent> agent) {
    if (!world_.running()) {
        world_.start();
    }
    if (agent_ != nullptr) {
        throw std::logic_error{"agent " + name_ +
                               " runs already: stop() it before it is started again"};
    }
    name_ = agent->name();
    others_.clear();
    watch_ = std::make_shared<Watch>();
    begin_act("start");
    listen();
    agent_ = &world_.bus().add(std::move(agent));
    world_.run();
    return *agent_;
}

void AgentBench::listen() const {
#ifndef __clang_analyzer__ // it wrongly reports that the returned connection is freed twice
    const auto tell_to = [&world = world_, name = name_,
                          watch = watch_](std::vector<FailedAttempt> Watch::*list) {
        return [&world, name, watch, list](const DomainEvent& event, std::string_view by,
                                           const Failure& failure) {
            if (by == name) {
                ((*watch).*list)
                    .push_back({.at = world.now(),
                                .event_type = std::string{event.event_type()},
                                .event_id = event.event_id,
                                .failure = failure});
            }
        };
    };
    world_.observers().failed.connect(tell_to(&Watch::failures));
    world_.observers().not_ready.connect(tell_to(&Watch::failures));
    world_.observers().dead_lettered.connect(tell_to(&Watch::given_up));
#endif
}

Agent& AgentBench::installed() const {
    if (agent_ == nullptr) {
        throw std::logic_error{"agent " + name_ + " is stopped: start() it first"};
    }
    return *agent_;
}

void AgentBench::add_other(Agent& other) {
    others_.push_back(&other);
    world_.run();
}

void AgentBench::stop() {
    agent_ = nullptr;
    others_.clear();
    world_.stop();
    begin_act("stop");
}

void AgentBench::begin_act(std::string title) {
    title_ = std::move(title);
    failure_looked_at_ = false;
    if (watch_) {
        *watch_ = {};
    }
    act_begins_ = world_.running() ? world_.recorder().here() : Recorder::Mark{};
    if (world_.has_store()) {
        const auto requests = world_.store().requests(last_request_, EventStore::unlimited, false);
        last_request_ = requests.empty() ? last_request_ : requests.back().number;
    }
}

void AgentBench::note_published(const DomainEvent& event) {
    own_.push_back(event.event_id);
}

void AgentBench::put_dead_letter(std::string_view agent, const DomainEvent& event,
                                 const Failure& failure) const {
    const std::optional<StoredEvent> stored = store().find(event.event_id);
    if (!stored) {
        throw std::logic_error{std::string{event.event_type()} +
                               " is transient, so there can be no dead letter of it"};
    }
    Part part;
    part.agent = agent;
    if (!store().agent(agent)) {
        part.start = stored->position - 1;
    }
    part.delivered = 1;
    part.settled.push_back({stored->position, stored->position});
    part.put_deliveries.push_back(
        {.agent = part.agent,
         .position = stored->position,
         .state = DeliveryState::dead,
         .failures = 1,
         .sequence = std::string{event.aggregate_type()}.append("/").append(event.aggregate_id()),
         .attempts = {{now(), failure.kind(), failure.what()}}});
    const std::vector<PartResult> results = store().commit({&part, 1}, true);
    if (results.front().error) {
        std::rethrow_exception(results.front().error);
    }
}

void AgentBench::put_state(std::string_view key, std::string json) const {
    Part part;
    part.agent = installed().name();
    part.put_states.push_back({std::string{key}, std::move(json)});
    const std::vector<PartResult> results = store().commit({&part, 1}, true);
    if (results.front().error) {
        std::rethrow_exception(results.front().error);
    }
}

void AgentBench::request(DeliveryAction action, std::string why) {
    bus().request({.who = "test", .why = std::move(why), .action = action, .agent = name_});
    world_.run();
}

AgentStatus AgentBench::status() const {
    for (AgentStatus& status : bus().status()) {
        if (status.name == name_) {
            return std::move(status);
        }
    }
    throw std::logic_error{"agent " + name_ + " is no longer on its bus"};
}

bool AgentBench::declares(const Agent& agent, const EventType& type) const {
    const auto in = [&type](const std::vector<const EventType*>& types) {
        return std::find(types.begin(), types.end(), &type) != types.end();
    };
    return in(agent.emits_when_given_up()) ||
           std::any_of(agent.handlers().begin(), agent.handlers().end(),
                       [&](const Agent::Handler& handler) { return in(handler.emits); });
}

/// Whether the agent declares that it emits this type of event when it handles the event's cause.
bool AgentBench::may_be_by(const Agent& agent, const Recorded& recorded) const {
    const std::optional<Recorded> cause = world_.recorder().cause_of(*recorded.event);
    const Agent::Handler* handler =
        cause && cause->event ? agent.handler_for(cause->event->type()) : nullptr;
    if (handler == nullptr) {
        return false;
    }
    const auto in = [&](const std::vector<const EventType*>& types) {
        return std::find(types.begin(), types.end(), &recorded.event->type()) != types.end();
    };
    return in(handler->emits) || in(agent.emits_when_given_up());
}

bool AgentBench::is_by_agent(const Recorded& recorded) const {
    if (!recorded.event || !declares(installed(), recorded.event->type()) ||
        std::find(own_.begin(), own_.end(), recorded.record.event_id) != own_.end()) {
        return false;
    }
    const bool shared = std::any_of(others_.begin(), others_.end(), [&](const Agent* other) {
        return declares(*other, recorded.event->type());
    });
    if (!shared) {
        return true;
    }
    const bool mine = may_be_by(installed(), recorded);
    for (const Agent* other : others_) {
        if (mine && may_be_by(*other, recorded)) {
            throw std::logic_error{"agents " + name_ + " and " + other->name() + " both emit " +
                                   recorded.record.event_type +
                                   " on the same event, so that the kit cannot tell whose it is: "
                                   "test them apart, or look at published<E>()"};
        }
    }
    return mine;
}

std::vector<Recorded> AgentBench::emitted() const {
    std::vector<Recorded> recorded = world_.recorder().since(act_begins_);
    std::erase_if(recorded, [&](const Recorded& one) { return !is_by_agent(one); });
    return recorded;
}

std::vector<FailedAttempt> AgentBench::failures() const {
    return watch_->failures;
}

const std::vector<FailedAttempt>& AgentBench::watch_given_up() const {
    return watch_->given_up;
}

std::vector<RequestRecord> AgentBench::commands() const {
    std::vector<RequestRecord> requests =
        store().requests(last_request_, EventStore::unlimited, false);
    std::erase_if(requests,
                  [&](const RequestRecord& request) { return request.who != "agent " + name_; });
    return requests;
}

std::vector<TimerRecord> AgentBench::timers() const {
    std::vector<TimerRecord> timers = store().timers(Timestamp::min(), 0, EventStore::unlimited);
    std::erase_if(timers, [&](const TimerRecord& timer) { return timer.agent != name_; });
    return timers;
}

std::vector<DeliveryRecord> AgentBench::dead_letters() const {
    return store().deliveries(name_, DeliveryState::dead);
}

std::optional<std::string> AgentBench::state_text(std::string_view key) const {
    std::optional<StateRecord> record = store().state(name_, key);
    return record ? std::optional{std::move(record->json)} : std::nullopt;
}

} // namespace bus::testing
