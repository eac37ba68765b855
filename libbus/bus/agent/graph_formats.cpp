#include <bus/agent/graph.hpp>
#include <bus/agent/internal/graph_drawing.hpp>
#include <bus/event/codec.hpp>
#include <bus/event/utf8.hpp>

#include <boost/describe/class.hpp>

#include <algorithm>
#include <optional>

namespace bus {

namespace {

using internal::Drawing;
using Types = std::vector<const EventType*>;

/// Mermaid ends a text at a quote, and interprets entities of its own such as `#35;`, and some
/// HTML.
std::string mermaid_text(std::string_view text) {
    std::string result{'"'};
    for (const char c : text) {
        if (std::string_view{"\"#&<>`\\"}.find(c) != std::string_view::npos) {
            result += '#' + std::to_string(static_cast<int>(c)) + ';';
        } else {
            result += c;
        }
    }
    return result + '"';
}

std::string dot_text(std::string_view text) {
    std::string result{'"'};
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            result += '\\';
        }
        result += c;
    }
    return result + '"';
}

std::string mermaid_node(const Drawing::Node& node) {
    const std::string label = mermaid_text(node.label);
    switch (node.shape) {
    case Drawing::Shape::host: return node.id + "((" + label + "))";
    case Drawing::Shape::type:
        return node.id + "([" + label + "])" + (node.unhandled ? ":::unhandled" : "");
    case Drawing::Shape::handler: return node.id + "[/" + label + "/]";
    case Drawing::Shape::agent: break;
    }
    return node.id + '[' + label + "]:::agent";
}

std::string mermaid_arrow(const Drawing::Edge& edge) {
    switch (edge.line) {
    case Drawing::Line::is_a: return "-. is a .->";
    case Drawing::Line::on_giving_up: return "-. " + mermaid_text(edge.label) + " .->";
    default: return edge.label.empty() ? "-->" : "-- " + mermaid_text(edge.label) + " -->";
    }
}

std::string dot_attributes(const Drawing::Node& node) {
    const std::string label = "label=" + dot_text(node.label);
    switch (node.shape) {
    case Drawing::Shape::host: return label + ", shape=circle";
    case Drawing::Shape::type:
        return label + ", shape=box, style=\"rounded" +
               (node.unhandled ? ",dashed\", color=red" : "\"");
    case Drawing::Shape::handler: return label + ", shape=parallelogram";
    case Drawing::Shape::agent: break;
    }
    return label + ", shape=box, penwidth=2";
}

std::string dot_attributes(const Drawing::Edge& edge) {
    switch (edge.line) {
    case Drawing::Line::is_a: return " [label=\"is a\", style=dashed, arrowhead=empty]";
    case Drawing::Line::on_giving_up: return " [label=" + dot_text(edge.label) + ", style=dashed]";
    default: return edge.label.empty() ? "" : " [label=" + dot_text(edge.label) + ']';
    }
}

/// The form of what to_json writes.
struct TypeJson {
    std::string name;
    std::optional<std::string> base;
    bool source = false;
    bool unhandled = false;
};
BOOST_DESCRIBE_STRUCT(TypeJson, (), (name, base, source, unhandled))

struct ReactionJson {
    std::string type;
    std::vector<std::string> emits;
};
BOOST_DESCRIBE_STRUCT(ReactionJson, (), (type, emits))

struct AgentJson {
    std::string name;
    std::vector<ReactionJson> handles;
    std::vector<std::string> emits_on_giving_up;
};
BOOST_DESCRIBE_STRUCT(AgentJson, (), (name, handles, emits_on_giving_up))

struct HandlerJson {
    std::string type;
    std::string name;
    std::int64_t priority = 0;
};
BOOST_DESCRIBE_STRUCT(HandlerJson, (), (type, name, priority))

struct GraphJson {
    std::vector<TypeJson> types;
    std::vector<AgentJson> agents;
    std::vector<HandlerJson> handlers;
};
BOOST_DESCRIBE_STRUCT(GraphJson, (), (types, agents, handlers))

std::string name_of(const EventType& type) {
    return valid_utf8(type.name());
}

std::vector<std::string> names_of(const Types& types) {
    std::vector<std::string> names;
    for (const EventType* type : types) {
        names.push_back(name_of(*type));
    }
    return names;
}

GraphJson described(const EventGraph& graph) {
    const auto among = [](const Types& types, const EventType* type) {
        return std::find(types.begin(), types.end(), type) != types.end();
    };
    const Types sources = graph.sources();
    const Types unhandled = graph.unhandled();
    GraphJson json;
    for (const EventType* type : graph.types()) {
        json.types.push_back({name_of(*type),
                              type->base() ? std::optional{name_of(*type->base())} : std::nullopt,
                              among(sources, type), among(unhandled, type)});
    }
    for (const EventGraph::AgentNode& agent : graph.agents()) {
        AgentJson& node = json.agents.emplace_back(
            AgentJson{valid_utf8(agent.name), {}, names_of(agent.emits_on_giving_up)});
        for (const EventGraph::Reaction& reaction : agent.reactions) {
            node.handles.push_back({name_of(*reaction.type), names_of(reaction.emits)});
        }
    }
    for (const HandlerDescription& handler : graph.handlers()) {
        json.handlers.push_back(
            {name_of(*handler.type), valid_utf8(handler.name), handler.priority});
    }
    return json;
}

/// Adds line ends and indentation to compact JSON. Empty lists and objects stay on one line.
std::string pretty(std::string_view compact) {
    std::string out;
    std::size_t depth = 0;
    bool quoted = false;
    const auto new_line = [&] { out.append("\n").append(2 * depth, ' '); };
    for (std::size_t i = 0; i < compact.size(); ++i) {
        const char c = compact[i];
        const char next = i + 1 < compact.size() ? compact[i + 1] : '\0';
        if (quoted) {
            out += c;
            if (c == '\\') {
                out += next;
                ++i;
            }
            quoted = c != '"';
        } else if (c == '{' || c == '[') {
            out += c;
            ++depth;
            if (next != '}' && next != ']') {
                new_line();
            }
        } else if (c == '}' || c == ']') {
            --depth;
            if (out.back() != '{' && out.back() != '[') {
                new_line();
            }
            out += c;
        } else {
            out += c;
            quoted = c == '"';
            if (c == ',') {
                new_line();
            } else if (c == ':') {
                out += ' ';
            }
        }
    }
    return out;
}

} // namespace

std::string EventGraph::to_mermaid() const {
    const Drawing drawing = internal::draw(*this);
    std::string text = "flowchart LR\n";
    for (const Drawing::Node& node : drawing.nodes) {
        text += "    " + mermaid_node(node) + '\n';
    }
    for (const Drawing::Edge& edge : drawing.edges) {
        text += "    " + drawing.nodes[edge.from].id + ' ' + mermaid_arrow(edge) + ' ' +
                drawing.nodes[edge.to].id + '\n';
    }
    return text + "    classDef agent stroke-width:3px\n"
                  "    classDef unhandled stroke:#d33,stroke-width:2px,stroke-dasharray:5 4\n";
}

std::string EventGraph::to_dot() const {
    const Drawing drawing = internal::draw(*this);
    std::string text = "digraph bus {\n    rankdir=LR;\n";
    for (const Drawing::Node& node : drawing.nodes) {
        text += "    " + node.id + " [" + dot_attributes(node) + "];\n";
    }
    for (const Drawing::Edge& edge : drawing.edges) {
        text += "    " + drawing.nodes[edge.from].id + " -> " + drawing.nodes[edge.to].id +
                dot_attributes(edge) + ";\n";
    }
    return text + "}\n";
}

std::string EventGraph::to_json(JsonLayout layout) const {
    std::string compact = to_json_text(described(*this));
    return layout == JsonLayout::compact ? compact : pretty(compact) + '\n';
}

} // namespace bus
