// Mermaid, DOT and JSON of a graph.
#include <bus/agent/graph.hpp>

#include "graph_world.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/regex.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using test::GivenUpEvent;
using test::graph_of;
using test::LoudPingEvent;
using test::PingEvent;
using test::PongEvent;
using test::reacting;

namespace {

/// Names with characters that each of the languages must escape.
const std::vector<std::string> odd_names{
    "end",         "two words",      "two_words",      "quote\"d",  "back\\slash",
    "a; b --> c",  "[x](y){z}",      "#35; &amp; <b>", "new\nline", "`tick`",
    "caf\xC3\xA9", "5 \xE2\x82\xAC", "%% comment",     "subgraph"};

bus::EventGraph sample() {
    auto worker = reacting<PingEvent, PongEvent>("worker");
    worker->handles<PongEvent, GivenUpEvent>([](const PongEvent&) {});
    worker->gives_up_with<GivenUpEvent>({});
    bus::EventGraph graph = graph_of(worker, reacting<LoudPingEvent>("listener"));
    graph.add({.type = &bus::event_type<PongEvent>(), .name = "screen", .priority = 5});
    graph.add({.type = &bus::event_type<bus::DomainEvent>(), .name = {}});
    graph.add({.type = &bus::event_type<bus::DomainEvent>(), .name = {}});
    return graph;
}

bus::EventGraph odd() {
    bus::EventGraph graph;
    for (const std::string& name : odd_names) {
        graph.add(*reacting<PingEvent, PongEvent>(name));
        graph.add({.type = &bus::event_type<PongEvent>(), .name = name});
    }
    return graph;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream in{text};
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
    return lines;
}

/// A text in quotes, in the form of the two languages.
const std::string mermaid_text = "\"[^\"#&<>`\\\\]*(?:#[0-9]+;[^\"#&<>`\\\\]*)*\"";
const std::string dot_text = R"("(?:[^"\\]|\\["\\])*")";

/// Reads the lines of a drawing. Each must be a node, or an edge between declared nodes. Returns
/// how many there are of both.
std::pair<std::size_t, std::size_t> read_lines(const std::vector<std::string>& lines,
                                               const boost::regex& node, const boost::regex& edge) {
    std::set<std::string> nodes;
    std::size_t edges = 0;
    for (const std::string& line : lines) {
        boost::smatch match;
        if (boost::regex_match(line, match, edge)) {
            ++edges;
            BOOST_TEST(nodes.contains(match[1].str()), line);
            BOOST_TEST(nodes.contains(match[2].str()), line);
        } else if (boost::regex_match(line, match, node)) {
            BOOST_TEST(nodes.insert(match[1].str()).second, line);
        } else {
            BOOST_ERROR("neither a node nor an edge: " << line);
        }
    }
    return {nodes.size(), edges};
}

std::pair<std::size_t, std::size_t> read_mermaid(const std::string& text) {
    std::vector<std::string> lines = lines_of(text);
    BOOST_REQUIRE(lines.size() >= 3U);
    BOOST_TEST(lines.front() == "flowchart LR");
    lines.erase(lines.begin());
    BOOST_TEST(lines.back().starts_with("    classDef unhandled "));
    lines.pop_back();
    BOOST_TEST(lines.back().starts_with("    classDef agent "));
    lines.pop_back();
    const boost::regex node{"    (\\w+)(?:\\(\\(" + mermaid_text + "\\)\\)|\\(\\[" + mermaid_text +
                            "\\]\\)(?::::unhandled)?|\\[/" + mermaid_text + "/\\]|\\[" +
                            mermaid_text + "\\]:::agent)"};
    const boost::regex edge{"    (\\w+) (?:-->|-- " + mermaid_text + " -->|-\\. " + mermaid_text +
                            " \\.->|-\\. is a \\.->) (\\w+)"};
    return read_lines(lines, node, edge);
}

std::pair<std::size_t, std::size_t> read_dot(const std::string& text) {
    std::vector<std::string> lines = lines_of(text);
    BOOST_REQUIRE(lines.size() >= 3U);
    BOOST_TEST(lines[0] == "digraph bus {");
    BOOST_TEST(lines[1] == "    rankdir=LR;");
    BOOST_TEST(lines.back() == "}");
    lines.erase(lines.begin(), lines.begin() + 2);
    lines.pop_back();
    const boost::regex node{"    (\\w+) \\[label=" + dot_text + ", shape=\\w+[^\\]]*\\];"};
    const boost::regex edge{"    (\\w+) -> (\\w+)(?: \\[label=" + dot_text + "[^\\]]*\\])?;"};
    return read_lines(lines, node, edge);
}

bool has_line(const std::string& text, const std::string& line) {
    const std::vector<std::string> lines = lines_of(text);
    return std::find(lines.begin(), lines.end(), "    " + line) != lines.end();
}

} // namespace

BOOST_AUTO_TEST_SUITE(graph_formats)

BOOST_AUTO_TEST_CASE(mermaid_has_a_node_for_each_name_and_a_line_for_each_declaration) {
    const std::string text = sample().to_mermaid();
    const auto [nodes, edges] = read_mermaid(text);
    BOOST_TEST(nodes == 1U + 5U + 2U + 2U);      // host, types, agents, handlers
    BOOST_TEST(edges == 2U + 1U + 3U + 2U + 2U); // host, is a, taken, emitted, by handlers
    for (const char* line :
         {"host --> type_PingEvent", "host --> type_LoudPingEvent",
          "type_PingEvent --> agent_worker", "type_LoudPingEvent -. is a .-> type_PingEvent",
          "type_LoudPingEvent --> agent_listener",
          "agent_worker -- \"on PingEvent\" --> type_PongEvent",
          "agent_worker -- \"on PongEvent, also on giving up\" --> type_GivenUpEvent",
          "type_GivenUpEvent([\"GivenUpEvent\"]):::unhandled",
          "handler_screen[/\"screen, priority 5\"/]", "type_PongEvent --> handler_screen",
          "type_DomainEvent([\"any event\"])",
          "type_DomainEvent -- \"2 times\" --> handler_DomainEvent"}) {
        BOOST_TEST(has_line(text, line), line << " is not in\n" << text);
    }
}

BOOST_AUTO_TEST_CASE(dot_draws_the_same) {
    const std::string text = sample().to_dot();
    BOOST_TEST((read_dot(text) == read_mermaid(sample().to_mermaid())));
    for (const char* line :
         {"host -> type_PingEvent;", "agent_worker -> type_PongEvent [label=\"on PingEvent\"];",
          "type_GivenUpEvent [label=\"GivenUpEvent\", shape=box, style=\"rounded,dashed\", "
          "color=red];"}) {
        BOOST_TEST(has_line(text, line), line << " is not in\n" << text);
    }
}

BOOST_AUTO_TEST_CASE(json_lists_types_agents_and_handlers_by_name) {
    const boost::json::value expected = boost::json::parse(R"({
        "types": [
            {"name": "DomainEvent", "base": null, "source": false, "unhandled": false},
            {"name": "GivenUpEvent", "base": "DomainEvent", "source": false, "unhandled": true},
            {"name": "LoudPingEvent", "base": "PingEvent", "source": true, "unhandled": false},
            {"name": "PingEvent", "base": "DomainEvent", "source": true, "unhandled": false},
            {"name": "PongEvent", "base": "DomainEvent", "source": false, "unhandled": false}],
        "agents": [
            {"name": "listener", "handles": [{"type": "LoudPingEvent", "emits": []}],
             "emits_on_giving_up": []},
            {"name": "worker",
             "handles": [{"type": "PingEvent", "emits": ["PongEvent"]},
                         {"type": "PongEvent", "emits": ["GivenUpEvent"]}],
             "emits_on_giving_up": ["GivenUpEvent"]}],
        "handlers": [
            {"type": "DomainEvent", "name": "", "priority": 0},
            {"type": "DomainEvent", "name": "", "priority": 0},
            {"type": "PongEvent", "name": "screen", "priority": 5}]})");
    BOOST_TEST(sample().to_json() == boost::json::serialize(expected));
    const std::string pretty = sample().to_json(bus::JsonLayout::pretty);
    BOOST_TEST((boost::json::parse(pretty) == expected));
    BOOST_TEST(pretty.starts_with("{\n  \"types\": [\n    {\n      \"name\": \"DomainEvent\",\n"));
    BOOST_TEST(pretty.find("\"emits\": []") != std::string::npos);
    BOOST_TEST(pretty.ends_with("\n}\n"));
}

BOOST_AUTO_TEST_CASE(the_order_of_adding_makes_no_difference) {
    const auto a = reacting<PingEvent, PongEvent, GivenUpEvent>("a");
    const auto b = reacting<PongEvent, LoudPingEvent, PingEvent>("b");
    const bus::HandlerDescription one{.type = &bus::event_type<PingEvent>(), .name = "one"};
    const bus::HandlerDescription two{
        .type = &bus::event_type<PingEvent>(), .name = "two", .priority = 1};
    bus::EventGraph forwards = graph_of(a, b);
    forwards.add(one);
    forwards.add(two);
    bus::EventGraph backwards = graph_of(b, a);
    backwards.add(two);
    backwards.add(one);
    BOOST_TEST(forwards.to_mermaid() == backwards.to_mermaid());
    BOOST_TEST(forwards.to_dot() == backwards.to_dot());
    BOOST_TEST(forwards.to_json() == backwards.to_json());
    BOOST_TEST(forwards.handlers()[0].name == "two");
}

BOOST_AUTO_TEST_CASE(odd_names_are_escaped_in_mermaid_and_in_dot) {
    const std::size_t names = odd_names.size();
    BOOST_TEST(read_mermaid(odd().to_mermaid()).first == 1U + 2U + 2U * names);
    BOOST_TEST(read_dot(odd().to_dot()).first == 1U + 2U + 2U * names);
    BOOST_TEST(has_line(odd().to_mermaid(), "agent_quote_d[\"quote#34;d\"]:::agent"));
    BOOST_TEST(has_line(odd().to_dot(), "agent_quote_d [label=\"quote\\\"d\", shape=box, "
                                        "penwidth=2];"));
}

BOOST_AUTO_TEST_CASE(odd_names_come_back_from_json_as_they_were) {
    for (const bus::JsonLayout layout : {bus::JsonLayout::compact, bus::JsonLayout::pretty}) {
        const boost::json::value json = boost::json::parse(odd().to_json(layout));
        std::multiset<std::string> found;
        for (const auto& agent : json.at("agents").as_array()) {
            found.emplace(agent.at("name").as_string().c_str());
        }
        for (const std::string& name : odd_names) {
            BOOST_TEST(found.count(name) == 1U, name);
        }
    }
    bus::EventGraph graph; // handlers are named freely
    graph.add({.type = &bus::event_type<PongEvent>(), .name = "broken\xFF"});
    const boost::json::value json = boost::json::parse(graph.to_json());
    BOOST_TEST(json.at("handlers").at(0).at("name").as_string() == "broken\xEF\xBF\xBD");
}

BOOST_AUTO_TEST_CASE(an_empty_graph_is_drawn_too) {
    const bus::EventGraph nothing;
    BOOST_TEST((read_mermaid(nothing.to_mermaid()) == std::pair<std::size_t, std::size_t>{0, 0}));
    BOOST_TEST((read_dot(nothing.to_dot()) == std::pair<std::size_t, std::size_t>{0, 0}));
    BOOST_TEST(nothing.to_json() == R"({"types":[],"agents":[],"handlers":[]})");
    BOOST_TEST(nothing.warnings().empty());
}

BOOST_AUTO_TEST_SUITE_END()
