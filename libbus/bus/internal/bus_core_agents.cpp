#include <bus/internal/bus_core.hpp>

#include <algorithm>
#include <mutex>
#include <stdexcept>

/// Agents that are added and removed, and requests of operators. The rest of Bus::Core is in
/// bus_core.cpp.
namespace bus {

void Bus::Core::check_new_agent(const Agent& agent) {
    agent.settings().check(agent.name());
    for (const std::string& former : agent.former_names()) {
        if (former.empty() || former == agent.name()) {
            throw std::invalid_argument{"agent " + agent.name() + " says that it was formerly '" +
                                        former + "', which must be another name"};
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
    if (!agent) {
        throw std::invalid_argument{
            "Bus::add was given a null pointer: make an agent with std::make_unique, or let "
            "Bus::emplace make it"};
    }
    agent->home().check_copy("an agent");
    check_new_agent(*agent);
    const std::string name = agent->name();
    take_new_name(name);
    try {
        take_over(*agent);
        Agent& added = delivery_ ? delivery_->add(std::move(agent)) : add_mailbox(std::move(agent));
        if (const auto sink = hub->sink()) {
            sink->on_agent_added(name);
        }
        return added;
    } catch (...) {
        const std::unique_lock lock{mutex_};
        names_.erase(name);
        throw;
    }
}

/// If an agent of that name is being forgotten, waits for it; this takes one turn of the writer.
void Bus::Core::take_new_name(const std::string& agent) {
    for (;;) {
        {
            const std::unique_lock lock{mutex_};
            if (!forgetting_.contains(agent)) {
                if (!names_.insert(agent).second) {
                    throw std::invalid_argument{"there is an agent named " + agent +
                                                " already; names identify agents in the store"};
                }
                return;
            }
        }
        if (on_worker()) {
            throw std::logic_error{"agent " + agent +
                                   " is just being forgotten: add it again in a moment, or from "
                                   "a thread that may wait"};
        }
        hub->wait(
            [&] {
                const std::shared_lock lock{mutex_};
                return !forgetting_.contains(agent);
            },
            std::nullopt);
    }
}

/// Gives the agent what the store keeps under the agent's former names.
void Bus::Core::take_over(const Agent& agent) {
    for (const std::string& former : agent.former_names()) {
        take_name_of_gone(former, agent.name() + ", which formerly had this name, is added");
        try {
            if (delivery_ && store->agent(former)) {
                delivery_->let_leave(former);
                const RequestRecord trace{.at = runtime->now(),
                                          .who = agent.name(),
                                          .why = "the program says what it was formerly called",
                                          .action = DeliveryAction::rename,
                                          .agent = former,
                                          .done_at = runtime->now(),
                                          .result = "renamed to " + agent.name()};
                delivery_->with_writer([trace, to = agent.name()](EventStore& events) {
                    return std::size_t{events.rename_agent(trace.agent, to, trace) ? 1U : 0U};
                });
            }
        } catch (...) {
            give_name_back(former);
            throw;
        }
        give_name_back(former);
    }
}

Agent& Bus::Core::add_mailbox(std::unique_ptr<Agent> agent) {
    Agent& added = *agent;
    auto runner = std::make_shared<MailboxRunner>(
        std::move(agent), hub, [this](const auto& events) { publish_emitted(events); });
    runner->start();
    dispatcher.add_taker(runner); // first: remove() takes off what it finds in mailboxes_
    runner->open();
    const std::unique_lock lock{mutex_};
    mailboxes_.push_back(std::move(runner));
    return added;
}

AgentStatus Bus::Core::remove(std::string_view agent) {
    AgentStatus left = delivery_ ? delivery_->remove(agent) : remove_mailbox(agent);
    const std::unique_lock lock{mutex_};
    names_.erase(left.name);
    return left;
}

AgentStatus Bus::Core::remove_mailbox(std::string_view agent) {
    std::shared_ptr<MailboxRunner> runner;
    {
        const std::unique_lock lock{mutex_};
        const auto found = std::find_if(mailboxes_.begin(), mailboxes_.end(),
                                        [&](const auto& r) { return r->name() == agent; });
        if (found == mailboxes_.end()) {
            throw std::invalid_argument{"there is no agent named " + std::string{agent} +
                                        " on this bus to be removed"};
        }
        runner = std::move(*found);
        mailboxes_.erase(found);
    }
    runner->begin_stop(); // for all types at the same moment, as when it was added
    dispatcher.remove_taker(*runner);
    runner->remove();
    hub->note_change();
    return runner->status();
}

/// Returns nullptr if there is none with that name.
std::shared_ptr<MailboxRunner> Bus::Core::find_mailbox(std::string_view agent) {
    const std::shared_lock lock{mutex_};
    const auto found = std::find_if(mailboxes_.begin(), mailboxes_.end(),
                                    [&](const auto& runner) { return runner->name() == agent; });
    return found != mailboxes_.end() ? *found : nullptr;
}

std::optional<std::string> Bus::Core::state_text(std::string_view agent, std::string_view key) {
    if (store) {
        return detail::state_text(*store, agent, key);
    }
    const auto runner = find_mailbox(agent);
    return runner ? runner->state_text(key) : std::nullopt;
}

StatePage Bus::Core::state_page(std::string_view agent, std::string_view prefix,
                                const std::optional<std::string>& after) {
    if (store) {
        return detail::page_of(*store, agent, prefix, after);
    }
    const auto runner = find_mailbox(agent);
    return runner ? runner->state_page(prefix, after) : StatePage{};
}

std::uint64_t Bus::Core::request(RequestRecord request) {
    Delivery& delivery = delivery_for("a request");
    if (request.who.empty()) {
        throw std::invalid_argument{"a request must say who makes it: set RequestRecord::who"};
    }
    request.at = runtime->now();
    return delivery.request(request);
}

std::uint64_t Bus::Core::prune(Position through) {
    constexpr std::size_t at_a_time = 1000; // in between, others get their commits
    Delivery& delivery = delivery_for("pruning");
    const internal::SeatedBus::User user{seat_};
    std::uint64_t removed = 0;
    for (std::size_t last = at_a_time; last == at_a_time; removed += last) {
        last = delivery.with_writer(
            [=](EventStore& events) { return events.prune(through, at_a_time); });
    }
    return removed;
}

void Bus::Core::check_gone(const std::string& agent) {
    const std::shared_lock lock{mutex_};
    if (names_.contains(agent)) {
        throw std::invalid_argument{"agent " + agent +
                                    " is on this bus: remove it before it is forgotten"};
    }
}

/// Until the name is given back, no agent with that name can be added. `what` says what is about to
/// happen to its rows, for the message.
void Bus::Core::take_name_of_gone(const std::string& agent, const std::string& what) {
    const std::unique_lock lock{mutex_};
    if (names_.contains(agent)) {
        throw std::invalid_argument{"agent " + agent + " is on this bus: remove it before " + what};
    }
    if (!forgetting_.insert(agent).second) {
        throw std::invalid_argument{"agent " + agent + " is just being forgotten"};
    }
}

void Bus::Core::give_name_back(const std::string& agent) {
    {
        const std::unique_lock lock{mutex_};
        forgetting_.erase(agent);
    }
    hub->note_change();
}

bool Bus::Core::forget(std::string_view agent) {
    Delivery& delivery = delivery_for("forgetting an agent");
    const internal::SeatedBus::User user{seat_};
    const std::string name{agent};
    take_name_of_gone(name, "it is forgotten");
    bool found = false;
    try {
        delivery.let_leave(name);
        found = delivery.with_writer([name](EventStore& events) {
            return events.forget(name) ? std::size_t{1} : std::size_t{0};
        }) != 0;
    } catch (...) {
        give_name_back(name);
        throw;
    }
    give_name_back(name);
    return found;
}

} // namespace bus
