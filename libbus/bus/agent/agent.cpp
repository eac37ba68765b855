#include <bus/agent/agent.hpp>
#include <bus/event/internal/utf8_error.hpp>
#include <bus/event/utf8.hpp>

#include <algorithm>
#include <stdexcept>

namespace bus {

void AgentSettings::check(std::string_view agent) const {
    const auto require = [agent](bool holds, const char* what) {
        if (!holds) {
            throw std::invalid_argument{"agent " + std::string{agent} + ": " + what};
        }
    };
    try {
        retry.check();
    } catch (const std::invalid_argument& error) {
        require(false, error.what());
    }
    require(mailbox_capacity >= 1, "mailbox_capacity must be at least 1");
    require(workers >= 1 && workers <= 256, "workers must be between 1 and 256");
    require(pool.threads <= 256, "pool.threads must be at most 256");
    require(pool.threads == 0 || !pool.name.empty(),
            "pool.threads is for a pool with a name: set pool = {\"name\", threads}. The pool of "
            "all agents has the threads that the runtime was made with");
    require(sequence.kind != Sequence::Kind::key || sequence.key_of,
            "Sequence::by needs a function that names the sequence of an event");
}

Agent::Agent(std::string name) : name_{std::move(name)} {
    if (name_.empty()) {
        throw std::invalid_argument{"an agent needs a name: the store identifies it by its name"};
    }
    if (find_bad_utf8(name_) != std::string_view::npos) {
        throw std::invalid_argument{"the name of an agent: " + internal::utf8_error(name_)};
    }
}

const Agent::Handler* Agent::handler_for(const EventType& type) const noexcept {
    for (const EventType* t = &type; t != nullptr; t = t->base()) {
        const auto found = std::find_if(handlers_.begin(), handlers_.end(),
                                        [t](const Handler& handler) { return handler.type == t; });
        if (found != handlers_.end()) {
            return &*found;
        }
    }
    return nullptr;
}

void Agent::on_given_up(const DomainEvent& /*event*/, const Failure& /*failure*/,
                        Context& /*context*/) {}

void Agent::on_start() {}

void Agent::on_stop() {}

Agent::Declaration& Agent::Declaration::emits(const EventType& type) {
    agent_.handlers_[index_].emits.push_back(&type);
    return *this;
}

void Agent::emits_on_giving_up(const EventType& type) {
    emits_when_given_up_.push_back(&type);
}

Agent::Declaration Agent::add_handler(const EventType& type, Handle handle) {
    if (!handle) {
        throw std::invalid_argument{"agent " + name_ + " declares a handler for " +
                                    std::string{type.name()} +
                                    " that is a null pointer or an empty std::function: give on() "
                                    "something that can be called"};
    }
    for (const Handler& handler : handlers_) {
        if (handler.type == &type) {
            throw std::logic_error{"agent " + name_ + " declares two handlers for " +
                                   std::string{type.name()} + "; it may have one"};
        }
    }
    handlers_.push_back({&type, std::move(handle), {}});
    return {*this, handlers_.size() - 1};
}

} // namespace bus
