// prune and backup
#include "test/support/troubled_store.hpp"
#include <bus/event/timestamp.hpp>

#include "console.hpp"
#include "ndjson.hpp"
#include "sample_store.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>
#include <cli/carry_out.hpp>
#include <cli/shared.hpp>
#include <cli/terminal/format.hpp>
#include <unistd.h>

#include <filesystem>

namespace {

namespace fs = std::filesystem;
using test::exported;
using test::holds;

} // namespace

BOOST_AUTO_TEST_SUITE(keeping)

BOOST_AUTO_TEST_CASE(prune_removes_what_every_agent_has_finished) {
    const test::SampleStore store;
    const test::Called dry =
        test::call({"prune", "--before", "6", "--dry-run", "--store", store.url()});
    BOOST_TEST(dry.code == 0);
    BOOST_TEST(dry.out == "would remove 5 events, up to position 5\n");
    BOOST_TEST(store.open()->first_position() == 1);
    const test::Called real = test::call({"prune", "--before", "6", "--store", store.url()});
    BOOST_TEST(real.out == "prune up to 5: 5 events removed, as no host runs the store\n");
    BOOST_TEST(store.open()->first_position() == 6);
    const test::Called again = test::call({"prune", "--before", "6", "--store", store.url()});
    BOOST_TEST(again.code == 0);
    BOOST_TEST(again.err == "bus: no event is that old: nothing to remove\n");
    const test::Called json =
        test::call({"prune", "--before", "6", "--who", "ann", "--json", "--store", store.url()});
    BOOST_TEST(boost::json::parse(json.out).at("result").as_string() == "0 events removed");
    BOOST_TEST(boost::json::parse(json.out).at("who").as_string() == "ann");
    const test::Called json_dry =
        test::call({"prune", "--before", "6", "--json", "--dry-run", "--store", store.url()});
    BOOST_TEST(boost::json::parse(json_dry.out).at("would_change").as_int64() == 0);
    BOOST_TEST(store.open()->requests(0, 10, false).size() == 1U);
    BOOST_TEST(test::call({"verify", "--store", store.url()}).code == 0);
}

BOOST_AUTO_TEST_CASE(prune_takes_a_time_too) {
    const test::SampleStore store;
    test::TestConsole console;
    console.time = bus::parse_timestamp("2023-11-14T23:13:20.5Z");
    const test::Called called = call(console, {"prune", "--before", "60m", "--who", "ann", "--why",
                                               "old", "--json", "--store", store.url()});
    BOOST_TEST(called.code == 0, called.err);
    const auto object = boost::json::parse(called.out).as_object();
    BOOST_TEST(object.at("action").as_string() == "prune");
    BOOST_TEST(object.at("position").as_int64() == 4);
    BOOST_TEST(object.at("result").as_string() == "4 events removed");
    const bus::RequestRecord trace = store.open()->requests(0, 10, false).at(0);
    BOOST_TEST(trace.who == "ann");
    BOOST_TEST(trace.why == "old");
    BOOST_TEST(trace.done_at.has_value());
    BOOST_TEST(store.open()->first_position() == 5);
}

BOOST_AUTO_TEST_CASE(prune_refuses_what_an_agent_needs_even_in_a_dry_run) {
    const test::SampleStore store;
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"prune", "--before", "7", "--store", store.url()},
          std::vector<std::string>{"prune", "--before", "7", "--dry-run", "--store",
                                   store.url()}}) {
        const test::Called called = test::call(words);
        BOOST_TEST(called.code == 3);
        BOOST_TEST(called.err.find("agent 'biller' is not done with event 6") != std::string::npos,
                   called.err);
    }
    BOOST_TEST(store.open()->first_position() == 1);
    BOOST_TEST(store.open()->requests(0, 10, true).empty()); // nothing waits
    const auto traces = store.open()->requests(0, 10, false);
    BOOST_TEST_REQUIRE(traces.size() == 1U); // not of the dry run
    BOOST_TEST(traces[0].result.find("agent 'biller' is not done with event 6") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_command_that_is_interrupted_without_a_host_has_recorded_who_and_why) {
    const test::SampleStore store;
    test::TroubledStore troubled{bus::SqliteStore::open({.path = store.path()})};
    troubled.before_removal = [] { throw bus::StoreError{"cut short"}; };
    test::TestConsole console;
    bus::cli::Shared shared{console};
    for (const auto action : {bus::DeliveryAction::forget, bus::DeliveryAction::prune}) {
        std::vector<bus::cli::Order> orders(1);
        orders[0].request = {
            .who = "ann", .why = "room", .action = action, .agent = "biller", .position = 2};
        BOOST_CHECK_THROW(bus::cli::carry_out_here(shared, troubled, orders), bus::StoreError);
    }
    const auto open = troubled.requests(0, 10, true);
    BOOST_TEST_REQUIRE(open.size() == 2U);
    for (const bus::RequestRecord& request : open) {
        BOOST_TEST(request.who == "ann");
        BOOST_TEST(request.why == "room");
    }
}

BOOST_AUTO_TEST_CASE(prune_beside_a_host_is_carried_out_by_it) {
    test::SampleStore store;
    store.run_host();
    store.host().wait_idle();
    BOOST_TEST(test::call({"prune", "--before", "3", "--dry-run", "--store", store.url()}).code ==
               0);
    test::TestConsole console;
    console.follows_clock = true;
    const test::Called called = call(console, {"prune", "--before", "3", "--store", store.url()});
    BOOST_TEST(called.code == 0, called.err);
    BOOST_TEST(called.out.find("prune up to 2: 2 events removed, by test_host (process ") == 0,
               called.out);
    BOOST_TEST(store.open()->first_position() == 3U);
    BOOST_TEST(store.open()->requests(0, 100, true).empty());
    store.end_host();
}

BOOST_AUTO_TEST_CASE(prune_of_what_an_agent_needs_is_refused_by_a_host_in_the_same_words) {
    test::SampleStore store;
    const test::Called direct = test::call({"prune", "--before", "27", "--store", store.url()});
    BOOST_TEST(direct.code == 3);
    const std::string sentence = direct.err.substr(0, direct.err.find('\n'));
    BOOST_TEST(sentence.find("agent 'biller' is not done with event 6") != std::string::npos);
    store.run_host();
    test::TestConsole console;
    console.follows_clock = true;
    for (const char* json : {"", "--json"}) {
        std::vector<std::string> words{"prune", "--before", "27", "--store", store.url()};
        if (*json != '\0') {
            words.emplace_back(json);
        }
        const test::Called called = call(console, words);
        BOOST_TEST(called.code == 3);
        BOOST_TEST(called.err.find(sentence + "; refused by test_host (process ") == 0,
                   called.err << " does not begin with " << sentence);
        BOOST_TEST(called.out.empty() == (*json == '\0'));
    }
    BOOST_TEST(store.open()->first_position() == 1U);
    store.end_host();
}

BOOST_AUTO_TEST_CASE(prune_ends_when_the_user_interrupts_it_and_the_same_command_continues) {
    const test::SampleStore store;
    test::call({"dead-letters", "discard", "--all", "--why", "a test", "--store", store.url()});
    test::TestConsole console;
    console.wants_end = true;
    const test::Called called = call(console, {"prune", "--before", "3", "--store", store.url()});
    BOOST_TEST(called.code == 130);
    BOOST_TEST(called.err.find("the same command continues") != std::string::npos, called.err);
    BOOST_TEST(test::call({"prune", "--before", "3", "--store", store.url()}).code == 0);
    BOOST_TEST(store.open()->first_position() == 3U);
}

BOOST_AUTO_TEST_CASE(backup_writes_a_store_of_its_own_even_beside_a_host) {
    test::SampleStore store;
    store.run_host();
    const std::string copy = store.file("copy.db");
    BOOST_TEST(test::call({"backup", copy, "--dry-run", "--store", store.url()}).code == 0);
    BOOST_TEST(!fs::exists(copy));
    const test::Called called = test::call({"backup", copy, "--store", store.url()});
    BOOST_TEST(called.code == 0, called.err);
    BOOST_TEST(called.out.find("a complete store") != std::string::npos, called.out);
    BOOST_TEST(exported("sqlite:" + copy) == exported(store.url()));
    store.end_host();
    const test::Called taken = test::call({"backup", copy, "--store", store.url()});
    BOOST_TEST(taken.code == 5);
    BOOST_TEST(taken.err.find("it exists already") != std::string::npos, taken.err);
    BOOST_TEST(test::call({"backup", copy, "--dry-run", "--store", store.url()}).code == 5);
}

BOOST_AUTO_TEST_CASE(a_backup_that_shows_its_progress_writes_and_refuses_the_same) {
    const test::SampleStore store;
    const std::string copy = store.file("copy.db");
    const std::vector<std::string> words{"backup", copy, "--store", store.url()};
    test::TestConsole console;
    const test::Called called = test::call_with_progress(console, words);
    BOOST_TEST(called.code == 0, called.err);
    const std::string size =
        bus::terminal::format_count(std::uint64_t{fs::file_size(store.path())});
    BOOST_TEST(holds(called.err, "bytes "), called.err);
    BOOST_TEST(holds(called.err, '/' + size), called.err);
    BOOST_TEST(exported("sqlite:" + copy) == exported(store.url()));
    const test::Called taken = test::call_with_progress(console, words);
    BOOST_TEST(taken.code == 5);
    BOOST_TEST(taken.err.find("it exists already") != std::string::npos, taken.err);
}

BOOST_AUTO_TEST_CASE(backup_and_export_refuse_the_same_targets_and_say_what_is_wrong_with_them) {
    const test::SampleStore store;
    const std::string locked = store.file("locked");
    fs::create_directory(locked);
    fs::permissions(locked, fs::perms::owner_read | fs::perms::owner_exec);
    for (const char* command : {"backup", "export"}) {
        const auto to = [&](const std::string& file) {
            return test::call({command, file, "--store", store.url()});
        };
        const test::Called nowhere = to(store.file("no/where.db"));
        BOOST_TEST(nowhere.code == 5);
        BOOST_TEST(holds(nowhere.err, store.file("no") + " is not a folder"), nowhere.err);
        BOOST_TEST(to(store.path()).code == 5);
        BOOST_TEST(holds(to(store.path()).err, "it exists already"));
        if (::geteuid() != 0) { // root may write everywhere
            const test::Called refused = to(locked + "/copy.db");
            BOOST_TEST(refused.code == 5);
            BOOST_TEST(holds(refused.err, locked + " cannot be written in"), refused.err);
        }
    }
    fs::permissions(locked, fs::perms::owner_all);
}

BOOST_AUTO_TEST_CASE(a_dry_backup_for_programs_is_an_object) {
    const test::SampleStore store;
    const test::Called called = test::call(
        {"backup", store.file("copy.db"), "--dry-run", "--json", "--store", store.url()});
    const auto object = boost::json::parse(called.out).as_object();
    BOOST_TEST(object.at("file").as_string() == store.file("copy.db"));
    BOOST_TEST(object.at("events").as_int64() == 26);
    BOOST_TEST(object.at("agents").as_int64() == 2);
    BOOST_TEST(object.at("dry_run").as_bool());
}

BOOST_AUTO_TEST_CASE(a_dry_run_for_programs_has_no_number_and_no_time_but_who_and_why) {
    const test::SampleStore store;
    for (std::vector<std::string> words :
         {std::vector<std::string>{"prune", "--before", "3"},
          std::vector<std::string>{"agents", "forget", "biller"},
          std::vector<std::string>{"dead-letters", "redrive", "biller", "6"},
          std::vector<std::string>{"dead-letters", "discard", "biller", "6"}}) {
        words.insert(words.end(), {"--dry-run", "--json", "--who", "ann", "--why", "a test",
                                   "--store", store.url()});
        const auto object = boost::json::parse(test::call(words).out).as_object();
        BOOST_TEST(object.at("request").is_null());
        BOOST_TEST(object.at("at").is_null());
        BOOST_TEST(object.at("done_at").is_null());
        BOOST_TEST(object.at("who").as_string() == "ann");
        BOOST_TEST(object.at("why").as_string() == "a test");
        BOOST_TEST(object.at("would_change").as_int64() > 0);
    }
}

BOOST_AUTO_TEST_CASE(prune_shows_its_progress_without_a_host_and_beside_one) {
    const test::SampleStore store;
    test::TestConsole console;
    const std::vector<std::string> to_3{"prune", "--before", "4", "--store", store.url()};
    BOOST_TEST(holds(test::call_with_progress(console, to_3).err, "events removed 0/3  "));

    const auto host = bus::SqliteStore::open({.path = store.path(), .program = "slow_host"});
    console.on_pause = [&] {
        host->prune(5, 1); // one event at a time
        if (host->first_position() == 6U) {
            bus::Part part;
            part.answers.push_back(
                {host->requests(0, 1, true).at(0).number, {}, "2 events removed"});
            BOOST_REQUIRE(!host->commit({&part, 1}, true).front().error);
        }
    };
    const test::Called called = test::call_with_progress(
        console, {"prune", "--before", "6", "--wait", "1000", "--store", store.url()});
    BOOST_TEST(called.code == 0);
    BOOST_TEST(holds(called.err, "events removed 1/2  "), called.err);
    BOOST_TEST(holds(called.err, "  50 %  "), called.err);
    BOOST_TEST(holds(called.out, "prune up to 5: 2 events removed, by slow_host (process "),
               called.out);
}

BOOST_AUTO_TEST_SUITE_END()
