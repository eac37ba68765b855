#pragma once

#include <bus/agent/graph.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace bus::internal {

/// A graph as nodes and edges, before it is written in a drawing language.
struct Drawing {
    enum class Shape : std::uint8_t { host, type, agent, handler };
    enum class Line : std::uint8_t { handles, emits, on_giving_up, publishes, is_a };

    struct Node {
        std::string id{}; ///< letters, digits and underscores; unique among the nodes
        std::string label{};
        Shape shape;
        bool unhandled = false;
    };

    struct Edge {
        std::size_t from; ///< an index into nodes
        std::size_t to;
        Line line;
        std::string label{}; ///< may be empty
    };

    std::vector<Node> nodes{};
    std::vector<Edge> edges{};
};

/// Makes the drawing of a graph. Equal graphs have equal drawings.
Drawing draw(const EventGraph& graph);

/// A name as a drawing can show it: control characters become blanks, and bytes that are not UTF-8
/// become the replacement character.
std::string drawable(std::string_view name);

} // namespace bus::internal
