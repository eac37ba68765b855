// Output for programs is JSON, no matter what the store, the names and the paths contain.
#include "test/libbus/bus/store/older_texts.hpp"
#include "test/support/bus_events.hpp"
#include "test/support/not_utf8.hpp"
#include "test/support/scripted_agent.hpp"
#include <bus/event/utf8.hpp>
#include <bus/store/verify.hpp>

#include "console.hpp"
#include "ndjson.hpp"
#include "sample_store.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include <filesystem>
#include <sstream>

namespace {

namespace fs = std::filesystem;
using test::Called;
using test::holds;
using Words = std::vector<std::string>;

struct OlderStore {
    OlderStore() { test::make_older_store(path); }

    test::TempFolder folder;
    fs::path path = folder.path() / "older.db";
    std::string url = "sqlite:" + path.string();
};

/// Checks that each line is JSON and UTF-8. Returns the lines.
std::vector<boost::json::value> parsed(const std::string& out) {
    std::vector<boost::json::value> values;
    BOOST_TEST(bus::find_bad_utf8(out) == std::string::npos);
    std::istringstream lines{out};
    for (std::string line; std::getline(lines, line);) {
        try {
            values.push_back(boost::json::parse(line));
        } catch (const std::exception& error) {
            BOOST_ERROR(line << ": " << error.what());
        }
    }
    return values;
}

Called json(const std::string& url, Words words) {
    test::TestConsole console;
    console.on_pause = [&] { console.wants_end = true; };
    words.insert(words.end(), {"--json", "--store", url});
    return test::call(console, words);
}

/// The commands that print the content of a store for programs.
std::vector<Words> commands(const std::string& agent, const std::string& execution) {
    return {{"events", "list"},
            {"events", "list", "--execution", execution},
            {"events", "follow", "--from", "1", "--limit", "2"},
            {"events", "show", "3"},
            {"events", "show", "7"},
            {"flow", execution},
            {"agents", "list"},
            {"agents", "forget", agent, "--dry-run"},
            {"dead-letters", "list"},
            {"dead-letters", "list", agent},
            {"dead-letters", "show", agent, "3"},
            {"dead-letters", "redrive", "--all", "--dry-run"},
            {"dead-letters", "discard", "--all", "--dry-run", "--why", "no"},
            {"replay", agent, "--why", "no", "--dry-run"},
            {"requests"},
            {"prune", "--before", "4", "--dry-run"},
            {"verify"}};
}

/// The exit code that a command must have: `verify` finds the old text, and `prune` is refused
/// because of a dead letter, with any code but 0.
int code_of(const Words& words, const Called& called) {
    if (words[0] == "prune") {
        return called.code != 0 ? called.code : 1;
    }
    return words[0] == "verify" ? 1 : 0;
}

const std::string agent = "work\xe9";       // NOLINT: too short to fail
const std::string execution = "e2-caf\xe9"; // NOLINT

} // namespace

BOOST_AUTO_TEST_SUITE(json_text)

BOOST_AUTO_TEST_CASE(S23_bad_text_of_an_older_store_is_exported_with_a_warning_that_names_it) {
    const OlderStore older;
    const Called called = test::call({"export", "--store", older.url});
    BOOST_TEST(called.code == 0, called.err);
    const auto events = parsed(called.out);
    BOOST_TEST_REQUIRE(events.size() == 5U);
    BOOST_TEST(events[0].at("execution_id").as_string() == "e2-caf\xEF\xBF\xBD");
    BOOST_TEST(events[0].at("aggregate_id").as_string() == "A\xEF\xBF\xBD");
    BOOST_TEST(events[2].at("user_id").as_string() ==
               boost::json::string_view("\xEF\xBF\xBD\0\xEF\xBF\xBD", 7));
    BOOST_TEST(events[3].at("data").at("n").as_string() == "\xEF\xBF\xBD");
    BOOST_TEST(events[4].at("data").at("not_json").as_string() == "no JSON \xEF\xBF\xBD\"");
    for (const char* position : {"3", "4", "5", "6", "7"}) {
        BOOST_TEST(holds(called.err, "event " + std::string{position} + " has text that is not"),
                   called.err);
    }
    const std::string file = (older.folder.path() / "out.ndjson").string();
    BOOST_TEST(test::call({"export", file, "--store", older.url}).code == 0);
    // The exported events can be imported into another store, and into the same one as equal
    // events.
    const std::string copy = "sqlite:" + (older.folder.path() / "copy.db").string();
    BOOST_TEST(test::import(copy, called.out).out == "imported 5 events, 0 were there already\n");
    BOOST_TEST(test::import(older.url, called.out).out ==
               "imported 0 events, 5 were there already\n");
    BOOST_TEST(test::call({"export", "--store", copy}).out == called.out);
    BOOST_TEST(test::call({"export", "--store", copy}).err.empty());
    test::check_older_store(older.path);
}

BOOST_AUTO_TEST_CASE(S23_many_such_events_are_reported_in_few_lines) {
    test::TempFolder folder;
    const fs::path path = folder.path() / "older.db";
    test::make_older_store(path, R"sql(
        WITH RECURSIVE n(value) AS (VALUES (8) UNION ALL SELECT value + 1 FROM n WHERE value < 60)
        INSERT INTO events SELECT value, randomblob(16), 1, 1, 2, 'Z', value - 7,
            CAST(x'e9' AS TEXT), 'ann', 1, NULL, '{}' FROM n;
        UPDATE log SET last_position = 60;)sql");
    const Called called = test::call({"export", "--store", "sqlite:" + path.string()});
    BOOST_TEST(std::count(called.err.begin(), called.err.end(), '\n') == 21);
    BOOST_TEST(holds(called.err, "the same holds for 38 more events, the last of them 60"),
               called.err);
}

BOOST_AUTO_TEST_CASE(S23_every_command_prints_json_of_an_older_store) {
    const OlderStore older;
    for (const Words& words : commands(agent, execution)) {
        const Called called = json(older.url, words);
        BOOST_TEST(called.code == code_of(words, called),
                   words[0] << ' ' << words.back() << ": " << called.err);
        BOOST_TEST((words[0] == "prune" || !parsed(called.out).empty()),
                   words[0] << ' ' << words.back());
        BOOST_TEST(bus::find_bad_utf8(called.err) == std::string::npos);
    }
    // The output for people.
    for (Words words : commands(agent, execution)) {
        words.insert(words.end(), {"--store", older.url});
        test::TestConsole console;
        console.on_pause = [&] { console.wants_end = true; };
        const Called called = test::call(console, words);
        BOOST_TEST(called.code == code_of(words, called), words[0] << called.err);
        BOOST_TEST(bus::find_bad_utf8(called.out) == std::string::npos, words[0]);
    }
}

BOOST_AUTO_TEST_CASE(S23_agents_and_letters_with_bad_text_of_an_older_store_can_be_cleared_up) {
    const OlderStore older;
    for (const Words& words : {Words{"dead-letters", "redrive", agent, "3", "--why", "mended"},
                               Words{"dead-letters", "discard", agent, "3", "--why", "no"},
                               Words{"replay", agent, "--why", "again"},
                               Words{"agents", "forget", agent, "--why", "renamed"}}) {
        const Called called = json(older.url, words);
        BOOST_TEST(called.code == 0, words[1] << ": " << called.err);
        BOOST_TEST(!parsed(called.out).empty());
    }
    test::check_older_store(older.path);
    for (const bus::RequestRecord& request :
         bus::SqliteStore::open({.path = older.path})->requests(2, 100, false)) {
        BOOST_TEST(request.agent == "work\xEF\xBF\xBD");
    }
}

BOOST_AUTO_TEST_CASE(S23_who_asks_and_why_must_be_utf8) {
    const test::SampleStore store;
    for (const char* option : {"--who", "--why"}) {
        const Called called =
            json(store.url(), {"dead-letters", "redrive", "--all", option, "caf\xe9"});
        BOOST_TEST(called.code == 2, called.err);
        BOOST_TEST(holds(called.err, option), called.err);
        BOOST_TEST(holds(called.err, "is not UTF-8 at byte 3"), called.err);
    }
    BOOST_TEST(store.open()->requests(0, 10, false).empty());
}

BOOST_AUTO_TEST_CASE(S23_paths_of_any_bytes_are_printed_as_json) {
    for (const std::string name :
         {"caf\xe9.db", "a\"b\\c.db", "tab\tnew\nline.db", "\x1b[31m.db", "\xed\xa0\x80.db",
          "Gr\xc3\xb6\xc3\x9f"
          "e.db"}) {
        const test::TempFolder folder;
        const std::string path = (folder.path() / name).string();
        test::make_empty_store(path);
        const std::string url = "sqlite:" + path;
        BOOST_TEST(test::import(url, test::line(1)).code == 0);
        for (const Words& words : {Words{"verify"}, Words{"backup", path + "-copy"},
                                   Words{"agents", "list"}, Words{"import", path + ".ndjson"}}) {
            if (words[0] == "import") {
                BOOST_TEST(test::call({"export", words[1], "--store", url}).code == 0);
            }
            const Called called = json(url, words);
            BOOST_TEST(called.code == 0, words[0] << ": " << called.err);
            parsed(called.out);
            BOOST_TEST(bus::find_bad_utf8(called.err) == std::string::npos);
        }
        // The message names the events that are not there.
        const Called missing = json("sqlite:" + path + "-none", {"verify"});
        BOOST_TEST(missing.code == 3);
        parsed(missing.out);
        BOOST_TEST(bus::find_bad_utf8(missing.err) == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(S23_names_and_keys_with_control_characters_are_printed_as_json) {
    const test::TempFolder folder;
    const std::string path = (folder.path() / "store.db").string();
    const auto runtime = std::make_shared<bus::SimulatedRuntime>();
    for (const std::string_view odd : test::odd_texts) {
        const std::string text = "x" + std::string{odd};
        std::shared_ptr<bus::EventStore> store = bus::SqliteStore::open({.path = path});
        bus::Bus bus{{.runtime = runtime, .store = store}};
        auto worker = test::scripted(text);
        worker->handles<test::PingEvent>(
            [&](const test::PingEvent&, bus::Context&) { throw bus::Failure::rejected(text); });
        bus.add(std::move(worker));
        test::PingEvent event = test::ping(text, 1);
        event.execution_id = text;
        event.user_id = text;
        bus.publish(event);
        bus.wait_idle();
        bus.stop(bus::Stop::drain);
    }
    for (const std::string_view odd : test::odd_texts) {
        const std::string text = "x" + std::string{odd};
        if (odd.find('\0') != std::string_view::npos) {
            continue; // it cannot be in a command line
        }
        for (const Words& words : commands(text, text)) {
            const Called called = json("sqlite:" + path, words);
            BOOST_TEST(bus::find_bad_utf8(called.err) == std::string::npos);
            if (words[0] != "prune" && words[0] != "requests" &&
                (words.size() < 2 || words[1] != "show")) {
                BOOST_TEST(!parsed(called.out).empty(), words[0] << ": " << called.err);
            }
        }
    }
    BOOST_TEST(bus::verify({.path = path}).findings.empty());
}

BOOST_AUTO_TEST_CASE(S23_any_bytes_are_refused_or_exported_as_json) {
    const auto any_text = [] {
        return *rc::gen::weightedOneOf<std::string>(
            {{3, rc::gen::string<std::string>()},
             {2, rc::gen::container<std::string>(rc::gen::inRange<char>(32, 127))},
             {2, rc::gen::map(rc::gen::elementOf(std::vector<std::string_view>(
                                  test::odd_texts.begin(), test::odd_texts.end())),
                              [](std::string_view text) { return std::string{text}; })},
             {1, rc::gen::map(rc::gen::elementOf(std::vector<test::BadText>(test::bad_texts.begin(),
                                                                            test::bad_texts.end())),
                              [](const test::BadText& bad) { return std::string{bad.text}; })}});
    };
    BOOST_TEST(rc::check("refused, or JSON", [&] {
        const test::TempFolder folder;
        const std::string path = (folder.path() / "store.db").string();
        std::size_t taken = 0;
        {
            std::shared_ptr<bus::EventStore> store = bus::SqliteStore::open({.path = path});
            bus::Bus bus{{.runtime = std::make_shared<bus::SimulatedRuntime>(), .store = store}};
            const auto attempt = [&](auto act) {
                try {
                    act();
                    ++taken;
                } catch (const bus::CodecError&) {
                } catch (const bus::PartRefused&) {
                }
            };
            for (int i = 0; i < 5; ++i) {
                test::PingEvent event = test::ping(any_text(), 1);
                event.execution_id = any_text();
                event.user_id = any_text();
                event.own_aggregate_id = any_text();
                attempt([&] { bus.publish(event); });
                attempt([&] {
                    bus.publish(bus::EventRecord{.event_id = bus::next_uuid(bus.runtime()),
                                                 .event_type = any_text(),
                                                 .aggregate_id = any_text(),
                                                 .aggregate_type = any_text(),
                                                 .execution_id = any_text(),
                                                 .user_id = any_text(),
                                                 .data = "{\"text\":\"" + any_text() + "\"}"});
                });
            }
            bus.stop(bus::Stop::drain);
        }
        const Called called = test::call({"export", "--store", "sqlite:" + path});
        RC_ASSERT(called.code == 0);
        RC_ASSERT(called.err.empty());
        RC_ASSERT(parsed(called.out).size() == taken);
        RC_ASSERT(parsed(json("sqlite:" + path, {"events", "list"}).out).size() == taken);
        RC_ASSERT(bus::verify({.path = path}).findings.empty());
    }));
}

BOOST_AUTO_TEST_SUITE_END()
