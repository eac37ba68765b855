#include <bus/event/codec.hpp>

#include <boost/json/serialize.hpp>
#include <cli/checks.hpp>
#include <cli/errors.hpp>
#include <cli/event_text.hpp>
#include <cli/flow.hpp>
#include <cli/flow_command.hpp>
#include <cli/terminal/format.hpp>
#include <cli/terminal/tree.hpp>
#include <cli/when.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

namespace bus::cli {

namespace {

using terminal::Colour;
using terminal::Look;
using terminal::Tree;

/// The greatest depth of a tree. A longer chain of causes is drawn as several trees.
constexpr std::size_t deepest = 200;

// --- for people -------------------------------------------------------------------------------

/// Draws the trees. Each event is drawn once.
class Drawing {
public:
    Drawing(const Flow& flow, const Look& look, bool data)
        : flow_{flow}, look_{look}, data_{data} {}

    /// A tree that begins with this event, with all that it caused.
    [[nodiscard]] Tree root(const StoredEvent& event, std::string_view remark) {
        Tree tree = node(event, 0);
        tree.text = short_time(event.record.occurred_at) + "  ";
        tree.pieces.push_back({std::string{remark}, Colour::grey});
        return tree;
    }

    [[nodiscard]] bool drawn(const StoredEvent& event) const {
        return drawn_.contains(event.position);
    }

private:
    /// A child of a node, and when it happened.
    struct Dated {
        Timestamp at;
        Tree tree;
    };

    /// Adds the children to the tree in the order in which they happened.
    static void take_in_order(Tree& tree, std::vector<Dated> children) {
        std::stable_sort(children.begin(), children.end(),
                         [](const Dated& a, const Dated& b) { return a.at < b.at; });
        for (Dated& child : children) {
            tree.children.push_back(std::move(child.tree));
        }
    }

    [[nodiscard]] Tree node(const StoredEvent& event, std::size_t depth) {
        const EventRecord& record = event.record;
        drawn_.insert(event.position);
        Tree tree;
        const auto [first, last] = flow_.deliveries.equal_range(event.position);
        const bool failed = std::any_of(first, last, [](const auto& entry) {
            return entry.second.state == DeliveryState::dead;
        });
        tree.pieces = {{record.event_type, failed ? Colour::red : Colour::bold},
                       {"  " + stream_of(record), Colour::none},
                       {fmt::format("  #{}", event.position), Colour::grey}};
        if (data_) {
            tree.pieces.push_back({"  " + record.data, Colour::grey});
        }
        for (auto entry = first; entry != last; ++entry) {
            tree.children.push_back(node(entry->second));
        }
        std::vector<Dated> children;
        add_requests(event, children);
        add_effects(event, depth, children);
        take_in_order(tree, std::move(children));
        for (const TimerRecord& timer : flow_.timers) {
            if (timer.event.causation_id == record.event_id) {
                tree.children.push_back(node(timer));
            }
        }
        return tree;
    }

    /// Adds the events that `event` caused. Those below the greatest depth get trees of their own.
    void add_effects(const StoredEvent& event, std::size_t depth, std::vector<Dated>& children) {
        const auto [first, last] = flow_.effects.equal_range(event.record.event_id);
        for (auto effect = first; effect != last; ++effect) {
            const StoredEvent& next = *effect->second;
            if (depth == deepest || drawn(next)) {
                continue;
            }
            Tree child = node(next, depth + 1);
            const auto since = next.record.occurred_at - event.record.occurred_at;
            child.pieces.insert(child.pieces.begin(),
                                {"+" + terminal::format_duration(since) + "  ", Colour::grey});
            children.push_back({next.record.occurred_at, std::move(child)});
        }
    }

    [[nodiscard]] Tree node(const DeliveryRecord& delivery) const {
        const bool dead = delivery.state == DeliveryState::dead;
        const Colour colour = dead ? Colour::red : Colour::yellow;
        Tree tree;
        tree.pieces = {
            {fmt::format("{} {}: {}", sign(delivery.state), delivery.agent, describe(delivery)),
             colour}};
        std::vector<Dated> children;
        for (const AttemptRecord& attempt : delivery.attempts) {
            Tree child;
            child.pieces = {{short_time(attempt.at) + "  ", Colour::grey},
                            {to_text(attempt.kind), colour},
                            {": " + attempt.message, Colour::none}};
            children.push_back({attempt.at, std::move(child)});
        }
        const auto [first, last] = flow_.requests.equal_range(delivery.position);
        for (auto entry = first; entry != last; ++entry) {
            if (entry->second.agent == delivery.agent) {
                children.push_back({time_of(entry->second), node(entry->second)});
            }
        }
        take_in_order(tree, std::move(children));
        return tree;
    }

    /// Adds what operators did to deliveries that no longer exist.
    void add_requests(const StoredEvent& event, std::vector<Dated>& children) const {
        const auto [first, last] = flow_.requests.equal_range(event.position);
        const auto [kept, kept_end] = flow_.deliveries.equal_range(event.position);
        for (auto entry = first; entry != last; ++entry) {
            const bool shown = std::any_of(kept, kept_end, [&](const auto& delivery) {
                return delivery.second.agent == entry->second.agent;
            });
            if (!shown) {
                Tree child = node(entry->second);
                child.text = entry->second.agent + ": ";
                children.push_back({time_of(entry->second), std::move(child)});
            }
        }
    }

    /// When the request was carried out; if it was not yet, when it was made.
    [[nodiscard]] static Timestamp time_of(const RequestRecord& request) {
        return request.done_at.value_or(request.at);
    }

    [[nodiscard]] static Tree node(const RequestRecord& request) {
        Tree tree;
        tree.pieces = {
            {short_time(time_of(request)) + "  ", Colour::grey},
            {fmt::format("{} by {}", name_of(request.action), request.who), Colour::blue},
            {request.why.empty() ? std::string{} : ", " + request.why, Colour::none},
            {request.done_at ? ": " + request.result : ": not carried out yet", Colour::none}};
        return tree;
    }

    [[nodiscard]] Tree node(const TimerRecord& timer) const {
        Tree tree;
        tree.pieces = {
            {fmt::format("{} at {} ", look_.utf8 ? "\u25f7" : "@", short_time(timer.due)),
             Colour::blue},
            {timer.event.event_type, Colour::blue},
            {timer.agent.empty() ? std::string{} : ", a timer of " + timer.agent, Colour::none}};
        return tree;
    }

    [[nodiscard]] const char* sign(DeliveryState state) const {
        switch (state) {
        case DeliveryState::dead: return look_.utf8 ? "\u2717" : "x";
        case DeliveryState::deferred: return look_.utf8 ? "\u21bb" : "~";
        case DeliveryState::parked: return look_.utf8 ? "\u2016" : "=";
        }
        return "?";
    }

    const Flow& flow_;
    const Look& look_;
    bool data_;
    std::set<Position> drawn_;
};

std::string count(std::size_t number, std::string_view what) {
    return fmt::format("{} {}{}", terminal::format_count(number), what, number == 1 ? "" : "s");
}

std::string head_of(const Flow& flow, const Look& look) {
    const auto [first, last] = std::minmax_element(
        flow.events.begin(), flow.events.end(),
        [](const auto& a, const auto& b) { return a.record.occurred_at < b.record.occurred_at; });
    Tree head;
    head.pieces = {{"execution " + flow.execution, Colour::bold},
                   {fmt::format(": {} in {}", count(flow.events.size(), "event"),
                                terminal::format_duration(last->record.occurred_at -
                                                          first->record.occurred_at)),
                    Colour::none}};
    const std::string& user = flow.events.front().record.user_id;
    if (!user.empty()) {
        head.pieces.push_back({", for " + user, Colour::none});
    }
    for (const auto& [state, what, colour] :
         {std::tuple{DeliveryState::dead, "dead", Colour::red},
          std::tuple{DeliveryState::deferred, "deferred", Colour::yellow},
          std::tuple{DeliveryState::parked, "parked", Colour::yellow}}) {
        const auto number = std::count_if(
            flow.deliveries.begin(), flow.deliveries.end(),
            [wanted = state](const auto& entry) { return entry.second.state == wanted; });
        if (number != 0) {
            head.pieces.push_back({fmt::format(", {} {}", number, what), colour});
        }
    }
    return render(head, look);
}

void draw(Shared& shared, const Flow& flow, bool data) {
    const Look look = shared.look();
    shared.print(head_of(flow, look));
    Drawing drawing{flow, look, data};
    std::set<Uuid> ids;
    for (const StoredEvent& event : flow.events) {
        ids.insert(event.record.event_id);
    }
    for (const StoredEvent& event : flow.events) {
        const Uuid& cause = event.record.causation_id;
        if (!ids.contains(cause)) {
            const char* const remark =
                cause.is_nil() ? "" : "  (its cause is not in this execution)";
            shared.print(render(drawing.root(event, remark), look));
        }
    }
    // The rest is below the greatest depth of a tree, or its causes form a cycle.
    for (const StoredEvent& event : flow.events) {
        if (!drawing.drawn(event)) {
            const std::string remark = "  (caused by " + to_text(event.record.causation_id) + ")";
            shared.print(render(drawing.root(event, remark), look));
        }
    }
    if (flow.cut) {
        shared.note("there is more: --limit says how many events are shown");
    }
}

// --- for programs -----------------------------------------------------------------------------

template <class Record>
std::string array_at(const std::multimap<Position, Record>& records, Position position) {
    boost::json::array array;
    const auto [first, last] = records.equal_range(position);
    for (auto entry = first; entry != last; ++entry) {
        array.push_back(json_of(entry->second));
    }
    return boost::json::serialize(array);
}

std::string document(const Flow& flow) {
    std::string text =
        fmt::format(R"({{"execution_id":{},"complete":{},"events":[)",
                    boost::json::serialize(boost::json::value(flow.execution)), !flow.cut);
    const char* separator = "";
    for (const StoredEvent& event : flow.events) {
        text += fmt::format(R"({}{},"deliveries":{},"requests":{}}})", separator,
                            json_of(event, true), array_at(flow.deliveries, event.position),
                            array_at(flow.requests, event.position));
        separator = ",";
    }
    text += R"(],"timers":[)";
    separator = "";
    for (const TimerRecord& timer : flow.timers) {
        text += fmt::format(R"({}{{"timer":{},"agent":{},"due":"{}","event":{}}})", separator,
                            timer.number, boost::json::serialize(boost::json::value(timer.agent)),
                            to_text(timer.due), readable_json(timer.event));
        separator = ",";
    }
    return text + "]}\n";
}

int flow(Shared& shared, const FlowOptions& options) {
    if (options.execution.empty() == options.stream.empty()) {
        throw UsageError{"`bus flow` needs either an execution or --stream TYPE/ID"};
    }
    const auto store = shared.open_to_read();
    const Flow flow = read_flow(*store, options);
    if (shared.json()) {
        shared.print(document(flow));
    } else {
        draw(shared, flow, options.data);
    }
    return exit_code::done;
}

} // namespace

void add_flow(CLI::App& app, Shared& shared) {
    CLI::App& command = *app.add_subcommand(
        "flow", "The events of an execution as a tree: which event caused which");
    const auto options = std::make_shared<FlowOptions>();
    command.add_option("EXECUTION", options->execution,
                       "Its id, or the position or event_id of an event of it");
    command.add_option("--stream", options->stream, "The execution of a stream's first event")
        ->type_name("TYPE/ID");
    command.add_option("--limit", options->limit, "The most events to show; 0: all")
        ->check(whole_number())
        ->capture_default_str()
        ->type_name("COUNT");
    command.add_flag("--data", options->data, "Show the data of each event too");
    shared.on_parsed(command, [&shared, options] { return flow(shared, *options); });
}

} // namespace bus::cli
