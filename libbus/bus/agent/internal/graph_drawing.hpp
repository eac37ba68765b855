#pragma once

#include <bus/agent/graph.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace bus::internal {

/// A graph as nodes and lines, before it is written in one language or another.
struct Drawing {
    enum class Shape : std::uint8_t { host, type, agent, handler };
    enum class Line : std::uint8_t { handles, emits, on_giving_up, publishes, is_a };

    struct Node {
        std::string id{}; ///< letters, digits and underscores; not that of another node
        std::string label{};
        Shape shape;
        bool unhandled = false;
    };

    struct Edge {
        std::size_t from; ///< an index of nodes
        std::size_t to;
        Line line;
        std::string label{}; ///< may be empty
    };

    std::vector<Node> nodes{};
    std::vector<Edge> edges{};
};

/// The same graph gives the same drawing.
Drawing draw(const EventGraph& graph);

/// A name as a drawing can show it: with blanks for control characters, and the replacement
/// character in place of what is no UTF-8.
std::string drawable(std::string_view name);

} // namespace bus::internal
