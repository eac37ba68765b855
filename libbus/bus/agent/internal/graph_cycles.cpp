#include <bus/agent/internal/graph_cycles.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <set>

namespace bus::internal {

namespace {

using Reaction = EventGraph::Reaction;
using AgentNode = EventGraph::AgentNode;

/// The reactions of all agents, and which of them may set off which others.
class Reactions {
public:
    explicit Reactions(const std::vector<AgentNode>& agents) {
        for (const AgentNode& agent : agents) {
            for (const Reaction& reaction : agent.reactions) {
                numbers_.emplace(&reaction, nodes_.size());
                nodes_.push_back({&agent, &reaction, {}});
            }
        }
        for (std::size_t from = 0; from < nodes_.size(); ++from) {
            const Node& node = nodes_[from];
            for (const EventType* type : node.reaction->emits) {
                connect(agents, from, *type, false);
            }
            for (const EventType* type : node.agent->emits_on_giving_up) {
                if (!std::binary_search(node.reaction->emits.begin(), node.reaction->emits.end(),
                                        type, [](const EventType* a, const EventType* b) {
                                            return a->name() < b->name();
                                        })) {
                    connect(agents, from, *type, true);
                }
            }
        }
    }

    std::vector<EventGraph::Cycle> cycles() const {
        std::set<std::vector<std::size_t>> found;
        for (std::size_t edge = 0; edge < edges_.size(); ++edge) {
            std::vector<std::size_t> circle = circle_through(edge);
            if (!circle.empty()) {
                // A circle passes each reaction once, so its smallest reaction is a unique
                // beginning.
                std::rotate(circle.begin(),
                            std::min_element(circle.begin(), circle.end(),
                                             [this](std::size_t a, std::size_t b) {
                                                 return edges_[a].from < edges_[b].from;
                                             }),
                            circle.end());
                found.insert(std::move(circle));
            }
        }
        std::vector<EventGraph::Cycle> result;
        for (const std::vector<std::size_t>& circle : found) {
            EventGraph::Cycle& cycle = result.emplace_back();
            for (const std::size_t number : circle) {
                const Edge& edge = edges_[number];
                const Node& from = nodes_[edge.from];
                cycle.push_back(
                    {from.agent->name, from.reaction->type, edge.emits, edge.on_giving_up});
            }
        }
        return result;
    }

private:
    struct Node {
        const AgentNode* agent;
        const Reaction* reaction;
        std::vector<std::size_t> edges;
    };

    struct Edge {
        std::size_t from;
        std::size_t to;
        const EventType* emits;
        bool on_giving_up;
    };

    void connect(const std::vector<AgentNode>& agents, std::size_t from, const EventType& emitted,
                 bool on_giving_up) {
        for (const AgentNode& agent : agents) {
            if (const Reaction* reaction = reaction_to(agent, emitted)) {
                nodes_[from].edges.push_back(edges_.size());
                edges_.push_back({from, numbers_.at(reaction), &emitted, on_giving_up});
            }
        }
    }

    /// Returns the shortest circle that begins with this edge; empty: there is none.
    std::vector<std::size_t> circle_through(std::size_t first) const {
        const std::size_t goal = edges_[first].from;
        std::vector<std::size_t> reached_by(nodes_.size(), edges_.size());
        reached_by[edges_[first].to] = first;
        std::deque<std::size_t> next{edges_[first].to};
        while (!next.empty() && reached_by[goal] == edges_.size()) {
            for (const std::size_t edge : nodes_[next.front()].edges) {
                std::size_t& by = reached_by[edges_[edge].to];
                if (by == edges_.size()) {
                    by = edge;
                    next.push_back(edges_[edge].to);
                }
            }
            next.pop_front();
        }
        std::vector<std::size_t> circle;
        if (reached_by[goal] == edges_.size()) {
            return circle;
        }
        for (std::size_t at = goal; circle.empty() || at != goal; at = edges_[circle.back()].from) {
            circle.push_back(reached_by[at]);
        }
        std::reverse(circle.begin(), circle.end());
        return circle;
    }

    std::vector<Node> nodes_;
    std::vector<Edge> edges_;
    std::map<const Reaction*, std::size_t> numbers_;
};

} // namespace

const Reaction* reaction_to(const AgentNode& agent, const EventType& type) {
    for (const EventType* t = &type; t != nullptr; t = t->base()) {
        const auto found =
            std::find_if(agent.reactions.begin(), agent.reactions.end(),
                         [t](const Reaction& reaction) { return reaction.type == t; });
        if (found != agent.reactions.end()) {
            return &*found;
        }
    }
    return nullptr;
}

std::vector<EventGraph::Cycle> cycles_of(const std::vector<AgentNode>& agents) {
    return Reactions{agents}.cycles();
}

} // namespace bus::internal
