#include <bus/agent/graph.hpp>
#include <bus/agent/internal/graph_cycles.hpp>

#include <algorithm>
#include <stdexcept>
#include <tuple>

namespace bus {

namespace {

using Types = std::vector<const EventType*>;

bool by_name(const EventType* a, const EventType* b) {
    return a->name() < b->name();
}

void sort_once(Types& types) {
    std::sort(types.begin(), types.end(), by_name);
    types.erase(std::unique(types.begin(), types.end()), types.end());
}

bool has(const Types& types, const EventType* type) {
    return std::find(types.begin(), types.end(), type) != types.end();
}

bool takes_all(const EventType& type) {
    return type.base() == nullptr;
}

bool kept(const EventType* type, const GraphPart& part) {
    const auto derives = [type](const EventType* base) { return type->is_a(*base); };
    return !has(part.without, type) &&
           (part.only.empty() || std::any_of(part.only.begin(), part.only.end(), derives));
}

Types kept(Types types, const GraphPart& part) {
    std::erase_if(types, [&](const EventType* type) { return !kept(type, part); });
    return types;
}

/// For example `mailer and retry (on giving up) emit`.
std::string listed(const std::vector<EventGraph::Emitter>& emitters) {
    std::string text;
    for (const EventGraph::Emitter& emitter : emitters) {
        text += text.empty() ? "" : emitter == emitters.back() ? " and " : ", ";
        text += emitter.agent;
        text += emitter.on_giving_up ? " (on giving up)" : "";
    }
    return text + (emitters.size() == 1 ? " emits" : " emit");
}

std::string told(const EventGraph::Cycle& cycle) {
    std::string text = "events may go round in a circle: ";
    for (const EventGraph::Turn& turn : cycle) {
        if (&turn != &cycle.front()) {
            text += "; ";
        }
        text += turn.agent + " on " + std::string{turn.handles->name()} +
                (turn.on_giving_up ? " emits, on giving up, " : " emits ") +
                std::string{turn.emits->name()};
    }
    return text + ": make sure that something ends it";
}

} // namespace

void EventGraph::add(const Agent& agent) {
    const auto at = std::lower_bound(
        agents_.begin(), agents_.end(), agent.name(),
        [](const AgentNode& node, const std::string& name) { return node.name < name; });
    if (at != agents_.end() && at->name == agent.name()) {
        throw std::invalid_argument{"the graph has an agent named " + agent.name() +
                                    " already; names tell agents apart"};
    }
    AgentNode node{agent.name(), {}, agent.emits_when_given_up()};
    sort_once(node.emits_on_giving_up);
    for (const Agent::Handler& handler : agent.handlers()) {
        sort_once(node.reactions.emplace_back(Reaction{handler.type, handler.emits}).emits);
    }
    std::sort(node.reactions.begin(), node.reactions.end(),
              [](const Reaction& a, const Reaction& b) { return by_name(a.type, b.type); });
    agents_.insert(at, std::move(node));
}

void EventGraph::add(HandlerDescription handler) {
    if (handler.type == nullptr) {
        throw std::invalid_argument{"a handler in the graph needs the event type it handles"};
    }
    const auto key = [](const HandlerDescription& h) {
        return std::tuple{h.type->name(), -std::int64_t{h.priority}, std::string_view{h.name}};
    };
    const auto at = std::upper_bound(
        handlers_.begin(), handlers_.end(), handler,
        [&](const HandlerDescription& a, const HandlerDescription& b) { return key(a) < key(b); });
    handlers_.insert(at, std::move(handler));
}

Types EventGraph::types() const {
    Types all;
    for (const AgentNode& agent : agents_) {
        all.insert(all.end(), agent.emits_on_giving_up.begin(), agent.emits_on_giving_up.end());
        for (const Reaction& reaction : agent.reactions) {
            all.push_back(reaction.type);
            all.insert(all.end(), reaction.emits.begin(), reaction.emits.end());
        }
    }
    for (const HandlerDescription& handler : handlers_) {
        all.push_back(handler.type);
    }
    sort_once(all);
    return all;
}

/// True if some agent emits this type or a type derived from it.
bool EventGraph::emitted(const EventType& base) const {
    const auto is = [&](const EventType* type) { return type->is_a(base); };
    const auto any = [&](const Types& types) {
        return std::any_of(types.begin(), types.end(), is);
    };
    return std::any_of(agents_.begin(), agents_.end(), [&](const AgentNode& agent) {
        return any(agent.emits_on_giving_up) ||
               std::any_of(agent.reactions.begin(), agent.reactions.end(),
                           [&](const Reaction& reaction) { return any(reaction.emits); });
    });
}

Types EventGraph::sources() const {
    // Types that no agent emits are handled, or they would not be in the graph.
    Types result = types();
    std::erase_if(result,
                  [this](const EventType* type) { return takes_all(*type) || emitted(*type); });
    return result;
}

std::vector<std::string> EventGraph::agents_for(const EventType& type) const {
    std::vector<std::string> names;
    for (const AgentNode& agent : agents_) {
        if (internal::reaction_to(agent, type) != nullptr) {
            names.push_back(agent.name);
        }
    }
    return names;
}

std::vector<HandlerDescription> EventGraph::handlers_for(const EventType& type) const {
    std::vector<HandlerDescription> result;
    std::copy_if(handlers_.begin(), handlers_.end(), std::back_inserter(result),
                 [&](const HandlerDescription& handler) { return type.is_a(*handler.type); });
    return result;
}

std::vector<EventGraph::Emitter> EventGraph::emitters_of(const EventType& type) const {
    std::vector<Emitter> result;
    for (const AgentNode& agent : agents_) {
        const bool emits =
            std::any_of(agent.reactions.begin(), agent.reactions.end(),
                        [&](const Reaction& reaction) { return has(reaction.emits, &type); });
        if (emits || has(agent.emits_on_giving_up, &type)) {
            result.push_back({agent.name, !emits});
        }
    }
    return result;
}

Types EventGraph::unhandled(bool any_event_counts) const {
    const auto takes = [&](const EventType& handled, const EventType& type) {
        return type.is_a(handled) && (any_event_counts || !takes_all(handled));
    };
    Types result = types();
    std::erase_if(result, [&](const EventType* type) {
        return emitters_of(*type).empty() ||
               std::any_of(handlers_.begin(), handlers_.end(),
                           [&](const auto& handler) { return takes(*handler.type, *type); }) ||
               std::any_of(agents_.begin(), agents_.end(), [&](const AgentNode& agent) {
                   return std::any_of(
                       agent.reactions.begin(), agent.reactions.end(),
                       [&](const Reaction& reaction) { return takes(*reaction.type, *type); });
               });
    });
    return result;
}

std::vector<EventGraph::Cycle> EventGraph::cycles() const {
    return internal::cycles_of(agents_);
}

std::vector<std::string> EventGraph::warnings(const GraphWarnings& which) const {
    std::vector<std::string> result;
    for (const EventType* type : unhandled(which.any_event_counts)) {
        const bool watched = !agents_for(*type).empty() || !handlers_for(*type).empty();
        result.push_back((watched ? "only handlers of every event handle " : "nobody handles ") +
                         std::string{type->name()} + ", which " + listed(emitters_of(*type)) +
                         ": give it a handler or an agent, or do not emit it");
    }
    if (which.cycles) {
        for (const Cycle& cycle : cycles()) {
            result.push_back(told(cycle));
        }
    }
    return result;
}

EventGraph EventGraph::part(const GraphPart& part) const {
    EventGraph result;
    for (const AgentNode& agent : agents_) {
        AgentNode node{agent.name, {}, kept(agent.emits_on_giving_up, part)};
        for (const Reaction& reaction : agent.reactions) {
            if (kept(reaction.type, part)) {
                node.reactions.push_back({reaction.type, kept(reaction.emits, part)});
            }
        }
        if (!node.reactions.empty()) {
            result.agents_.push_back(std::move(node));
        }
    }
    std::copy_if(handlers_.begin(), handlers_.end(), std::back_inserter(result.handlers_),
                 [&](const HandlerDescription& handler) { return kept(handler.type, part); });
    return result;
}

} // namespace bus
