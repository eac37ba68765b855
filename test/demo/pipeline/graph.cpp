// order_pipeline graph: the picture shows what really runs.
#include <bus/event/uuid.hpp>
#include <bus/store/store_url.hpp>

#include "feeds.hpp"
#include "program.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <string>

namespace {

/// The content of the graph, by name.
struct Told {
    std::set<std::string> types;
    std::map<std::string, std::set<std::string>> handles; ///< by agent
    std::map<std::string, std::set<std::string>> emits;   ///< by agent, on giving up included
};

std::set<std::string> texts(const boost::json::value& list) {
    std::set<std::string> result;
    for (const auto& text : list.as_array()) {
        result.emplace(text.as_string().c_str());
    }
    return result;
}

Told read(const std::string& json) {
    Told told;
    const boost::json::value graph = boost::json::parse(json);
    for (const auto& type : graph.at("types").as_array()) {
        told.types.emplace(type.at("name").as_string().c_str());
    }
    for (const auto& agent : graph.at("agents").as_array()) {
        const std::string name = agent.at("name").as_string().c_str();
        told.emits[name] = texts(agent.at("emits_on_giving_up"));
        for (const auto& reaction : agent.at("handles").as_array()) {
            told.handles[name].emplace(reaction.at("type").as_string().c_str());
            told.emits[name].merge(texts(reaction.at("emits")));
        }
    }
    return told;
}

} // namespace

BOOST_AUTO_TEST_SUITE(graph)

BOOST_AUTO_TEST_CASE(A15_everything_that_a_run_with_faults_did_is_in_the_graph_of_the_pipeline) {
    const test::TemporaryFolder folder;
    const std::string feed = folder.file("feed", test::generated_feed(300, 5));
    const std::string url = "sqlite:" + (folder / "orders.db").string();
    const test::Finished run =
        test::order_pipeline({"run", feed, "--store", url, "--faults", "0.2", "--no-progress"});
    BOOST_REQUIRE(run.exit_code == 0);
    const test::Finished drawn = test::order_pipeline({"graph", "--format", "json"});
    BOOST_REQUIRE(drawn.exit_code == 0);
    const Told told = read(drawn.out);

    const auto store = bus::open_store(url, {.read_only = true});
    std::set<std::string> stored;
    std::map<std::string, std::string> type_of; ///< by event id
    const auto events = store->read(0, static_cast<std::size_t>(store->last_position()));
    for (const bus::StoredEvent& event : events) {
        stored.insert(event.record.event_type);
        type_of[bus::to_text(event.record.event_id)] = event.record.event_type;
    }
    BOOST_TEST(stored.size() >= 8U);
    for (const std::string& type : stored) {
        BOOST_TEST(told.types.contains(type), type);
    }
    // Each effect: some agent that handles the cause's type emits this type.
    for (const bus::StoredEvent& event : events) {
        if (event.record.causation_id == bus::Uuid{}) {
            continue;
        }
        const std::string& cause = type_of[bus::to_text(event.record.causation_id)];
        bool drawn_so = false;
        for (const auto& [agent, types] : told.handles) {
            drawn_so |=
                types.contains(cause) && told.emits.at(agent).contains(event.record.event_type);
        }
        BOOST_TEST(drawn_so, event.record.event_type << " after " << cause);
    }
}

BOOST_AUTO_TEST_CASE(each_format_begins_as_its_language_does) {
    const std::map<std::string, std::string> first{
        {"mermaid", "flowchart LR\n"}, {"dot", "digraph bus {\n"}, {"json", "{\n  \"types\": ["}};
    for (const auto& [format, begin] : first) {
        const test::Finished drawn = test::order_pipeline({"graph", "--format", format});
        BOOST_TEST(drawn.exit_code == 0, drawn.err);
        BOOST_TEST(drawn.out.starts_with(begin), drawn.out);
    }
    BOOST_TEST(test::order_pipeline({"graph"}).out.starts_with("flowchart LR\n"));
}

BOOST_AUTO_TEST_CASE(an_unknown_format_is_wrong_usage_and_the_message_lists_the_known_ones) {
    const test::Finished wrong = test::order_pipeline({"graph", "--format", "png"});
    BOOST_TEST(wrong.exit_code == 2);
    for (const char* word : {"--format", "png", "mermaid", "dot", "json"}) {
        BOOST_TEST(wrong.err.find(word) != std::string::npos, wrong.err);
    }
}

BOOST_AUTO_TEST_CASE(drawing_leaves_no_file_behind) {
    const test::TemporaryFolder folder;
    const std::string before = std::getenv("TMPDIR") != nullptr ? std::getenv("TMPDIR") : "";
    ::setenv("TMPDIR", (folder / "").c_str(), 1);
    const test::Finished drawn = test::order_pipeline({"graph"});
    before.empty() ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", before.c_str(), 1);
    BOOST_TEST(drawn.exit_code == 0, drawn.err);
    BOOST_TEST(std::filesystem::is_empty(folder / ""));
}

BOOST_AUTO_TEST_CASE(the_graph_of_the_pipeline_has_no_warnings) {
    BOOST_TEST(test::order_pipeline({"graph"}).err == "");
}

BOOST_AUTO_TEST_SUITE_END()
