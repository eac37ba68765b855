#pragma once

#include <bus/agent/agent.hpp>
#include <bus/dispatch/handler_description.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bus {

/// How EventGraph::to_json formats its text.
enum class JsonLayout : std::uint8_t {
    compact, ///< one line
    pretty,  ///< one line for each member, indented by two blanks
};

/// What EventGraph::warnings reports.
struct GraphWarnings {
    /// If true, a type counts as handled even if it is taken only by handlers or agents for every
    /// event (of DomainEvent itself: a log, a monitor, a relay). False by default, because these
    /// say nothing about a single type.
    bool any_event_counts = false;
    bool cycles = true; ///< report cycles too
};

/// The part of a graph to look at; see EventGraph::part.
struct GraphPart {
    /// These types and those that derive from them; empty: all.
    std::vector<const EventType*> only{};
    /// Without these types, but with those that derive from them.
    std::vector<const EventType*> without{};
};

/// What a program declares: which agents and handlers take which event types, and which types the
/// agents may emit in response. Emitting an undeclared type is an error, so the graph contains all
/// that agents do. What plain handlers publish is not declared, and so is not in the graph.
///
/// A graph is a value: it holds what was declared when it was made. It is ordered by names, so two
/// graphs of the same declarations have equal text. Reading is thread safe.
class EventGraph {
public:
    /// What an agent does with events of one type, and with events of derived types unless it has a
    /// handler for a type nearer to them.
    struct Reaction {
        const EventType* type;                 ///< the type that it handles
        std::vector<const EventType*> emits{}; ///< each type once, by name
    };

    /// An agent and what it declares.
    struct AgentNode {
        std::string name{};                ///< the agent's name
        std::vector<Reaction> reactions{}; ///< by name of the type
        /// What on_given_up may emit, for any event.
        std::vector<const EventType*> emits_on_giving_up{};
    };

    /// An agent that emits a type.
    struct Emitter {
        std::string agent{};       ///< the agent's name
        bool on_giving_up = false; ///< it emits the type only when it gives up
        /// True if all members are equal.
        friend bool operator==(const Emitter&, const Emitter&) = default;
    };

    /// One part of a cycle: the agent handles a type and emits the type that the next part handles.
    struct Turn {
        std::string agent{}; ///< the agent's name
        /// As declared, which may be a base of the type that the previous part emits.
        const EventType* handles;
        const EventType* emits;    ///< the type that the next part handles
        bool on_giving_up = false; ///< it emits this type when it gives up
        /// True if all members are equal.
        friend bool operator==(const Turn&, const Turn&) = default;
    };

    /// A cycle; the last part emits what the first handles.
    using Cycle = std::vector<Turn>;

    /// Adds what an agent declares. Throws std::invalid_argument if the graph has an agent of that
    /// name.
    void add(const Agent& agent);
    /// Adds a plain handler. Throws std::invalid_argument if its type is null.
    void add(HandlerDescription handler);

    /// The agents, by name.
    [[nodiscard]] const std::vector<AgentNode>& agents() const noexcept { return agents_; }

    /// The plain handlers, by name of the type, then by descending priority, then by name.
    [[nodiscard]] const std::vector<HandlerDescription>& handlers() const noexcept {
        return handlers_;
    }

    /// All types that are handled or emitted, by name.
    [[nodiscard]] std::vector<const EventType*> types() const;

    /// The types that are handled but that no agent emits, nor any type derived from them. Only the
    /// host can publish these. DomainEvent itself is never among them.
    [[nodiscard]] std::vector<const EventType*> sources() const;

    /// The names of the agents that take events of this type, by a handler for it or for a base.
    [[nodiscard]] std::vector<std::string> agents_for(const EventType& type) const;

    /// The plain handlers that take events of this type, including handlers for its bases.
    [[nodiscard]] std::vector<HandlerDescription> handlers_for(const EventType& type) const;

    /// The agents that emit exactly this type, by name.
    [[nodiscard]] std::vector<Emitter> emitters_of(const EventType& type) const;

    /// The types that agents emit and that neither an agent nor a handler takes.
    /// `any_event_counts`: see GraphWarnings.
    [[nodiscard]] std::vector<const EventType*> unhandled(bool any_event_counts = false) const;

    /// The cycles in which events may go round. For each link (an emission, and an agent that takes
    /// it) that lies on a cycle, the shortest cycle through it is returned. Each cycle is returned
    /// once, and begins with the agent that comes first by name. The graph does not know handlers'
    /// filters, nor the conditions under which an agent emits, so a cycle may well be harmless.
    [[nodiscard]] std::vector<Cycle> cycles() const;

    /// One sentence for each type of unhandled() and each cycle of cycles(), with types and agents
    /// named.
    [[nodiscard]] std::vector<std::string> warnings(const GraphWarnings& which = {}) const;

    /// The graph of what handles and emits the types in `part`, as if nothing else had been
    /// declared. Agents that then handle nothing are left out.
    [[nodiscard]] EventGraph part(const GraphPart& part) const;

    /// part() without these types.
    template <AnyEventStruct... E>
    [[nodiscard]] EventGraph without() const {
        return part({.only = {}, .without = {&event_type<E>()...}});
    }

    /// part() with only these types and those that derive from them.
    template <AnyEventStruct... E>
    [[nodiscard]] EventGraph only() const {
        return part({.only = {&event_type<E>()...}, .without = {}});
    }

    /// A flowchart in the language of Mermaid, which many Markdown viewers can draw.
    [[nodiscard]] std::string to_mermaid() const;
    /// A digraph in the DOT language of Graphviz.
    [[nodiscard]] std::string to_dot() const;
    /// A JSON object of three lists, all ordered by name. `types` have the members name, base,
    /// source and unhandled. `agents` have name, handles (a list of type and emits) and
    /// emits_on_giving_up. `handlers` have type, name and priority.
    [[nodiscard]] std::string to_json(JsonLayout layout = JsonLayout::compact) const;

private:
    [[nodiscard]] bool emitted(const EventType& base) const;

    std::vector<AgentNode> agents_;
    std::vector<HandlerDescription> handlers_;
};

} // namespace bus
