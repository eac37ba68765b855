#include <bus/agent/internal/graph_drawing.hpp>
#include <bus/event/utf8.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace bus::internal {

namespace {

using Shape = Drawing::Shape;
using Line = Drawing::Line;
using Types = std::vector<const EventType*>;

bool has(const Types& types, const EventType* type) {
    return std::find(types.begin(), types.end(), type) != types.end();
}

class Drawer {
public:
    explicit Drawer(const EventGraph& graph) : graph_{graph} {}

    Drawing draw() && {
        add_types();
        for (const EventGraph::AgentNode& agent : graph_.agents()) {
            add_agent(agent);
        }
        add_handlers();
        return std::move(drawing_);
    }

private:
    std::size_t add_node(std::string_view kind, std::string_view name, std::string label,
                         Shape shape) {
        std::string plain{kind};
        if (!name.empty()) {
            plain += '_';
            for (const char c : name) {
                const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                  (c >= '0' && c <= '9') || c == '_';
                plain += fits ? c : '_';
            }
        }
        std::string id = plain;
        for (int i = 2; !ids_.insert(id).second; ++i) {
            id = plain + "__" + std::to_string(i);
        }
        drawing_.nodes.push_back({std::move(id), std::move(label), shape});
        return drawing_.nodes.size() - 1;
    }

    void add_edge(std::size_t from, std::size_t to, Line line, std::string label = {}) {
        drawing_.edges.push_back({from, to, line, std::move(label)});
    }

    void add_types() {
        const Types types = graph_.types();
        const Types sources = graph_.sources();
        const Types unhandled = graph_.unhandled();
        const std::size_t host = sources.empty() ? 0 : add_node("host", {}, "host", Shape::host);
        for (const EventType* type : types) {
            const bool any = type->base() == nullptr;
            const std::string name{any ? "any event" : type->name()};
            types_[type] = add_node("type", type->name(), drawable(name), Shape::type);
            drawing_.nodes.back().unhandled = has(unhandled, type);
        }
        for (const EventType* type : types) {
            if (has(sources, type)) {
                add_edge(host, types_[type], Line::publishes);
            }
            // Every type is an event: that need not be drawn.
            const EventType* base = type->base();
            while (base != nullptr && !types_.contains(base)) {
                base = base->base();
            }
            if (base != nullptr && base->base() != nullptr) {
                add_edge(types_[type], types_[base], Line::is_a);
            }
        }
    }

    void add_agent(const EventGraph::AgentNode& agent) {
        const std::size_t node = add_node("agent", agent.name, drawable(agent.name), Shape::agent);
        Types emitted = agent.emits_on_giving_up;
        for (const EventGraph::Reaction& reaction : agent.reactions) {
            add_edge(types_.at(reaction.type), node, Line::handles);
            emitted.insert(emitted.end(), reaction.emits.begin(), reaction.emits.end());
        }
        std::sort(emitted.begin(), emitted.end(),
                  [](const EventType* a, const EventType* b) { return a->name() < b->name(); });
        emitted.erase(std::unique(emitted.begin(), emitted.end()), emitted.end());
        for (const EventType* type : emitted) {
            add_emission(agent, node, *type);
        }
    }

    /// If only some of the agent's handlers emit the type, the label says which.
    void add_emission(const EventGraph::AgentNode& agent, std::size_t node, const EventType& type) {
        std::string on;
        std::size_t emitting = 0;
        for (const EventGraph::Reaction& reaction : agent.reactions) {
            if (has(reaction.emits, &type)) {
                on += (++emitting == 1 ? "on " : ", ") + std::string{reaction.type->name()};
            }
        }
        const bool on_giving_up = has(agent.emits_on_giving_up, &type);
        if (emitting == 0) {
            add_edge(node, types_.at(&type), Line::on_giving_up, "on giving up");
            return;
        }
        std::string label = emitting == agent.reactions.size() ? "" : drawable(on);
        if (on_giving_up) {
            label += label.empty() ? "also on giving up" : ", also on giving up";
        }
        add_edge(node, types_.at(&type), Line::emits, std::move(label));
    }

    /// Handlers of the same name and priority share one node, and so do handlers of one type and
    /// priority that have no name.
    void add_handlers() {
        using Key = std::tuple<std::string, int, const EventType*>;
        std::map<Key, std::size_t> nodes;
        std::map<std::pair<const EventType*, std::size_t>, std::size_t> counts;
        std::vector<std::pair<const EventType*, std::size_t>> order;
        for (const HandlerDescription& handler : graph_.handlers()) {
            const bool named = !handler.name.empty();
            const auto [at, is_new] =
                nodes.try_emplace({handler.name, handler.priority, named ? nullptr : handler.type});
            if (is_new) {
                const std::string priority =
                    handler.priority != 0 ? ", priority " + std::to_string(handler.priority) : "";
                at->second = add_node("handler", named ? handler.name : handler.type->name(),
                                      (named ? drawable(handler.name) : "handler") + priority,
                                      Shape::handler);
            }
            if (counts[{handler.type, at->second}]++ == 0) {
                order.emplace_back(handler.type, at->second);
            }
        }
        for (const auto& line : order) {
            const std::size_t count = counts.at(line);
            add_edge(types_.at(line.first), line.second, Line::handles,
                     count > 1 ? std::to_string(count) + " times" : "");
        }
    }

    const EventGraph& graph_;
    Drawing drawing_;
    std::set<std::string> ids_;
    std::map<const EventType*, std::size_t> types_;
};

} // namespace

Drawing draw(const EventGraph& graph) {
    return Drawer{graph}.draw();
}

std::string drawable(std::string_view name) {
    std::string text = valid_utf8(name);
    std::replace_if(
        text.begin(), text.end(),
        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
    return text;
}

} // namespace bus::internal
