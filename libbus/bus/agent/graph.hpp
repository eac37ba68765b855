#pragma once

#include <bus/agent/agent.hpp>
#include <bus/dispatch/handler_description.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bus {

/// How EventGraph::to_json lays its text out.
enum class JsonLayout : std::uint8_t {
    compact, ///< one line
    pretty,  ///< a line a member, indented by two
};

/// What EventGraph::warnings tells of.
struct GraphWarnings {
    /// Whether one who takes events of every type (a handler of DomainEvent itself: a log, a
    /// monitor, a relay) handles each of them. It says nothing of a single type, so: no.
    bool any_event_counts = false;
    bool cycles = true; ///< also tell of cycles
};

/// The part of a graph to look at; see EventGraph::part.
struct GraphPart {
    std::vector<const EventType*> only{};    ///< these and what derives from them; empty: all
    std::vector<const EventType*> without{}; ///< not these, but what derives from them
};

/// What a program declares: which agents and handlers take which event types, and which types the
/// agents may emit for it. As emitting what is not declared is an error, the graph holds all that
/// agents do; what plain handlers publish is not declared, and not in it.
///
/// A value: it is what was declared when it was made. Names rule its order, so that two graphs of
/// the same declarations are equal text. Reading is thread safe.
class EventGraph {
public:
    /// What an agent does with events of one type (and of those that derive from it, unless it has
    /// a handler nearer to them).
    struct Reaction {
        const EventType* type;
        std::vector<const EventType*> emits{}; ///< by name, each once
    };

    struct AgentNode {
        std::string name{};
        std::vector<Reaction> reactions{};                  ///< by name of the type
        std::vector<const EventType*> emits_on_giving_up{}; ///< whatever it has given up on
    };

    /// Who emits a type.
    struct Emitter {
        std::string agent{};
        bool on_giving_up = false; ///< and only so
        friend bool operator==(const Emitter&, const Emitter&) = default;
    };

    /// One stretch of a cycle: the agent, handling a type, emits the one that the next one handles.
    struct Turn {
        std::string agent{};
        const EventType* handles; ///< as declared: perhaps a base of what the turn before emits
        const EventType* emits;
        bool on_giving_up = false;
        friend bool operator==(const Turn&, const Turn&) = default;
    };

    using Cycle = std::vector<Turn>;

    /// Adds what an agent declares. Throws std::invalid_argument for a second agent of one name.
    void add(const Agent& agent);
    /// Throws std::invalid_argument where it names no type.
    void add(HandlerDescription handler);

    /// By name.
    [[nodiscard]] const std::vector<AgentNode>& agents() const noexcept { return agents_; }

    /// By name of the type, then by descending priority, then by name.
    [[nodiscard]] const std::vector<HandlerDescription>& handlers() const noexcept {
        return handlers_;
    }

    /// All types that somebody handles or emits, by name.
    [[nodiscard]] std::vector<const EventType*> types() const;

    /// The types that somebody handles and no agent emits, neither them nor what derives from
    /// them: whoever hosts the bus publishes these, or nobody. Never DomainEvent itself.
    [[nodiscard]] std::vector<const EventType*> sources() const;

    /// The names of the agents that take events of this type, by a handler of it or of a base.
    [[nodiscard]] std::vector<std::string> agents_for(const EventType& type) const;

    /// The plain handlers that take events of this type, those of bases included.
    [[nodiscard]] std::vector<HandlerDescription> handlers_for(const EventType& type) const;

    /// Who emits events of just this type, by name of the agent.
    [[nodiscard]] std::vector<Emitter> emitters_of(const EventType& type) const;

    /// The types that agents emit and nobody takes.
    [[nodiscard]] std::vector<const EventType*> unhandled(bool any_event_counts = false) const;

    /// The ways on which events may go round: through each pair of agents that lies on a circle the
    /// shortest one, each once, and begun at the agent that comes first by name. Handlers' filters
    /// and what an agent looks at before it emits are not known here: a cycle may well be sound.
    [[nodiscard]] std::vector<Cycle> cycles() const;

    /// A sentence for each type of unhandled() and each of cycles(), naming types and agents.
    [[nodiscard]] std::vector<std::string> warnings(const GraphWarnings& which = {}) const;

    /// The graph as if nothing else had been declared: without what handles and emits other types.
    /// Agents that then take nothing are not in it.
    [[nodiscard]] EventGraph part(const GraphPart& part) const;

    /// part() without these types.
    template <AnyEventStruct... E>
    [[nodiscard]] EventGraph without() const {
        return part({.only = {}, .without = {&event_type<E>()...}});
    }

    /// part() with these types and those that derive from them only.
    template <AnyEventStruct... E>
    [[nodiscard]] EventGraph only() const {
        return part({.only = {&event_type<E>()...}, .without = {}});
    }

    /// A flowchart in Mermaid's language, which many viewers of Markdown draw.
    [[nodiscard]] std::string to_mermaid() const;
    /// A digraph in the DOT language of Graphviz.
    [[nodiscard]] std::string to_dot() const;
    /// The members `types` (name, base, source, unhandled), `agents` (name, handles: type, emits;
    /// emits_on_giving_up) and `handlers` (type, name, priority), all of them by name.
    [[nodiscard]] std::string to_json(JsonLayout layout = JsonLayout::compact) const;

private:
    [[nodiscard]] bool emitted(const EventType& base) const;

    std::vector<AgentNode> agents_;
    std::vector<HandlerDescription> handlers_;
};

} // namespace bus
