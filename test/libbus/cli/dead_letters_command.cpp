#include <bus/event/timestamp.hpp>
#include <bus/runtime/system_environment.hpp>

#include "console.hpp"
#include "sample_store.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <iterator>
#include <regex>
#include <thread>

namespace {

bus::Conservation account_of_biller(const test::SampleStore& store) {
    const auto accounts = store.open()->conservation();
    return *std::find_if(accounts.begin(), accounts.end(),
                         [](const auto& account) { return account.agent == "biller"; });
}

std::string group_of(const test::SampleStore& store, const std::string& error) {
    const test::Called called =
        test::call({"dead-letters", "list", "--error", error, "--json", "--store", store.url()});
    return std::string{boost::json::parse(called.out).at("group").as_string()};
}

test::Called letters(const test::SampleStore& store, std::vector<std::string> words) {
    words.insert(words.begin(), "dead-letters");
    words.insert(words.end(), {"--store", store.url()});
    test::TestConsole console;
    console.follows_clock = true;
    return call(console, words);
}

} // namespace

BOOST_AUTO_TEST_SUITE(dead_letters)

BOOST_AUTO_TEST_CASE(list_groups_by_agent_failure_and_error) {
    const test::SampleStore store;
    const test::Called called = letters(store, {"list"});
    BOOST_TEST(called.code == 0);
    for (const char* word :
         {"rejected", "no account for name-0", "poison", "amount is no number"}) {
        BOOST_TEST(called.out.find(word) != std::string::npos, called.out);
    }
    BOOST_TEST(letters(store, {"list", "--kind", "poison"}).out.find("rejected") ==
               std::string::npos);
    BOOST_TEST(letters(store, {"list", "greeter"}).err.find("no dead letter") != std::string::npos);
    const test::Called each = letters(store, {"list", "biller", "--each", "--json"});
    BOOST_TEST(std::count(each.out.begin(), each.out.end(), '\n') == 2);
}

BOOST_AUTO_TEST_CASE(show_prints_the_event_and_every_attempt) {
    const test::SampleStore store;
    const test::Called called = letters(store, {"show", "biller", "6"});
    BOOST_TEST(called.code == 0);
    for (const char* word : {"biller at 6: dead after 1 attempt", "PongEvent, Pong/name-0",
                             R"({"name":"name-0","number":3})", "rejected: no account"}) {
        BOOST_TEST(called.out.find(word) != std::string::npos, called.out);
    }
    const auto json = boost::json::parse(letters(store, {"show", "biller", "6", "--json"}).out);
    BOOST_TEST(json.at("stored").at("event").at("execution_id").as_string() == "run-3");
    BOOST_TEST(letters(store, {"show", "biller", "7"}).code == 1);
}

BOOST_AUTO_TEST_CASE(a_dry_run_changes_nothing_and_says_what_it_would_do) {
    const test::SampleStore store;
    const test::Called called = letters(store, {"redrive", "--all", "--dry-run"});
    BOOST_TEST(called.code == 0);
    BOOST_TEST(called.out.find("would redrive 1 of biller, first at 6") != std::string::npos,
               called.out);
    BOOST_TEST(called.out.find("2 in all") != std::string::npos, called.out);
    BOOST_TEST(letters(store, {"discard", "biller", "6", "--dry-run"}).code == 0);
    BOOST_TEST(account_of_biller(store).dead == 2);
    BOOST_TEST(store.open()->requests(0, 10, false).empty());
}

BOOST_AUTO_TEST_CASE(without_a_host_redrive_is_done_by_the_command_and_records_who_and_why) {
    const test::SampleStore store;
    const test::Called called = letters(store, {"redrive", "--group", group_of(store, "account"),
                                                "--who", "eve", "--why", "has one now"});
    BOOST_TEST(called.code == 0, called.err);
    BOOST_TEST(called.out.find("1 redriven, as no host runs the store") != std::string::npos,
               called.out);
    BOOST_TEST(account_of_biller(store).dead == 1);
    BOOST_TEST(account_of_biller(store).deferred == 2);
    const auto requests = store.open()->requests(0, 10, false);
    BOOST_REQUIRE(requests.size() == 1);
    BOOST_TEST(requests.front().who == "eve");
    BOOST_TEST(requests.front().why == "has one now");
    BOOST_TEST(requests.front().done_at.has_value());
    const test::Called trace = test::call({"requests", "--store", store.url()});
    BOOST_TEST(trace.out.find("has one now") != std::string::npos, trace.out);
    BOOST_TEST(test::call({"requests", "--open", "--store", store.url()}).out == "");
}

BOOST_AUTO_TEST_CASE(what_is_done_without_a_host_is_continued_by_the_next_one) {
    test::SampleStore store;
    BOOST_TEST(letters(store, {"discard", "biller", "6", "--why", "paid in cash"}).code == 0);
    BOOST_TEST(letters(store, {"redrive", "--kind", "poison"}).code == 0);
    store.run_host();
    BOOST_TEST(store.host().wait_idle(std::chrono::seconds{30}));
    store.end_host();
    const bus::Conservation account = account_of_biller(store);
    BOOST_TEST(account.holds());
    BOOST_TEST(account.dead == 0);
    BOOST_TEST(account.discarded == 1);
    BOOST_TEST(account.deferred == 1); // 5, for another hour
    BOOST_TEST(account.parked == 2);   // 8 and 11 behind it
}

/// The console's clock is an hour behind the host's, so the host seems to take an hour.
BOOST_AUTO_TEST_CASE(beside_a_host_redrive_is_requested_and_reported_when_it_is_done) {
    test::SampleStore store;
    store.run_host();
    test::TestConsole console;
    const bus::Timestamp asked = bus::SystemEnvironment::instance().now() - std::chrono::hours{1};
    console.time = asked;
    console.on_pause = [&] {
        console.time = asked; // it may take as long as it wants
        std::this_thread::yield();
    };
    const test::Called called = call(
        console, {"dead-letters", "redrive", "--all", "--why", "fixed", "--store", store.url()});
    BOOST_TEST(called.code == 0, called.err);
    const std::regex line{"1 redriven, by test_host \\(process [0-9]+\\) after 1 h 0[0-9] min "
                          "\\(request [0-9]+\\)\n"};
    BOOST_TEST(std::distance(std::sregex_iterator{called.out.begin(), called.out.end(), line},
                             std::sregex_iterator{}) == 2,
               called.out);
    BOOST_TEST(store.host().wait_idle(std::chrono::seconds{30}));
    BOOST_TEST(account_of_biller(store).dead == 0);
    const test::Called discarded =
        letters(store, {"discard", "biller", "10", "--why", "enough", "--json", "--wait", "30"});
    BOOST_TEST(discarded.code == 0, discarded.err);
    const auto object = boost::json::parse(discarded.out).as_object();
    BOOST_TEST(object.at("result").as_string() == "1 discarded");
    BOOST_TEST((bus::parse_timestamp(std::string{object.at("done_at").as_string()}) >=
                bus::parse_timestamp(std::string{object.at("at").as_string()})));
    BOOST_TEST(account_of_biller(store).deferred == 0);
    store.end_host();
    BOOST_TEST(account_of_biller(store).holds());
}

BOOST_AUTO_TEST_CASE(what_a_host_does_with_one_letter_is_listed_once) {
    test::SampleStore store;
    store.run_host();
    BOOST_TEST(
        letters(store, {"discard", "biller", "10", "--why", "enough", "--wait", "30"}).code == 0);
    store.end_host();
    const auto count = [&](std::vector<std::string> words) {
        words.insert(words.end(), {"--store", store.url()});
        const std::string out = test::call(words).out;
        std::size_t found = 0;
        for (std::size_t at = 0; (at = out.find("enough", at)) != std::string::npos; ++at) {
            ++found;
        }
        return found;
    };
    BOOST_TEST(count({"requests"}) == 1U);
    BOOST_TEST(count({"requests", "--json"}) == 1U);
    BOOST_TEST(count({"flow", "10"}) == 1U);
    BOOST_TEST(count({"flow", "10", "--json"}) == 1U);
    // If it is asked for again, this is another request.
    test::call(
        {"dead-letters", "redrive", "biller", "6", "--why", "enough", "--store", store.url()});
    BOOST_TEST(count({"requests"}) == 2U);
}

BOOST_AUTO_TEST_CASE(requests_show_when_they_were_made_and_done) {
    const test::SampleStore store;
    const auto writer = bus::SqliteStore::open({.path = store.path()});
    const bus::Timestamp asked = bus::parse_timestamp("2026-11-23T09:00:00Z");
    const std::uint64_t number = writer->ask({.at = asked,
                                              .who = "ann",
                                              .why = "fixed",
                                              .action = bus::DeliveryAction::redrive,
                                              .agent = "biller",
                                              .error = "no account"});
    const auto list = [&](int width) {
        test::TestConsole console;
        console.look.width = width;
        return call(console, {"requests", "--store", store.url()}).out;
    };
    const auto answer = [&](bus::Duration after) {
        bus::Part part;
        part.answers.push_back({number, asked + after, "1 redriven"});
        BOOST_REQUIRE(!writer->commit({&part, 1}, true).front().error);
    };
    BOOST_TEST(list(0).find("2026-11-23 09:00:00.000              ann") != std::string::npos,
               list(0));
    answer(std::chrono::minutes{2});
    BOOST_TEST(list(0).find("done (UTC)") != std::string::npos);
    BOOST_TEST(list(0).find("2026-11-23 09:00:00.000  2026-11-23 09:02:00.000  ann") !=
                   std::string::npos,
               list(0));
    BOOST_TEST(list(120).find("2026-11-23 09:00       09:02  ann") != std::string::npos, list(120));
}

BOOST_AUTO_TEST_CASE(a_host_that_does_not_answer_in_time_leaves_the_request_queued) {
    const test::SampleStore store;
    const auto writer = bus::SqliteStore::open({.path = store.path(), .program = "busy_host"});
    test::TestConsole console;
    const test::Called called = call(
        console, {"dead-letters", "redrive", "biller", "6", "--wait", "2", "--store", store.url()});
    BOOST_TEST(called.code == 6);
    BOOST_TEST(called.out.find("not carried out yet by busy_host (process") != std::string::npos,
               called.out);
    BOOST_TEST((console.time >= bus::Timestamp{std::chrono::seconds{2}}));
    BOOST_TEST(store.open()->requests(0, 10, true).size() == 1);
    const test::Called open = test::call({"requests", "--open", "--store", store.url()});
    BOOST_TEST(open.out.find("not carried out yet") != std::string::npos, open.out);
}

BOOST_AUTO_TEST_CASE(beside_another_bus_command_nothing_is_queued) {
    const test::SampleStore store;
    const auto writer = bus::SqliteStore::open({.path = store.path(), .program = "bus"});
    const test::Called called = letters(store, {"redrive", "biller", "6"});
    BOOST_TEST(called.code == 3);
    BOOST_TEST(called.err.find("bus (process") != std::string::npos, called.err);
    BOOST_TEST(store.open()->requests(0, 10, false).empty());
}

BOOST_AUTO_TEST_CASE(wrong_use_says_what_would_be_right) {
    const test::SampleStore store;
    BOOST_TEST(letters(store, {"redrive"}).code == 2);
    BOOST_TEST(letters(store, {"redrive"}).err.find("--all") != std::string::npos);
    const test::Called silent = letters(store, {"discard", "--all"});
    BOOST_TEST(silent.code == 2);
    BOOST_TEST(silent.err.find("--why") != std::string::npos, silent.err);
    BOOST_TEST(letters(store, {"redrive", "--all", "--who", ""}).code == 2);
    BOOST_TEST(letters(store, {"list", "--kind", "transnt"}).code == 2);
    BOOST_TEST(letters(store, {"redrive", "bller", "6"}).err.find("did you mean 'biller'") !=
               std::string::npos);
    const test::Called parked = letters(store, {"redrive", "biller", "12"});
    BOOST_TEST(parked.code == 1);
    BOOST_TEST(parked.err.find("that one is parked") != std::string::npos, parked.err);
    BOOST_TEST(letters(store, {"redrive", "--error", "no such text"}).code == 1);
    BOOST_TEST(account_of_biller(store).dead == 2);
}

BOOST_AUTO_TEST_SUITE_END()
