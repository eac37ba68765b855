// Deliveries that are tried now or some of them first, requests as they come, and removal by age.
#include <bus/store/verify.hpp>

#include "console.hpp"
#include "sample_store.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>

using namespace std::chrono_literals;

namespace {

struct OperatorsStore : test::SampleStore {
    ~OperatorsStore() {
        end_host();
        const bus::VerifyReport report = bus::verify({.path = path()});
        BOOST_TEST(report.clean(), (report.findings.empty() ? "" : report.findings.front().what));
    }

    [[nodiscard]] test::Called call(std::vector<std::string> words) const {
        words.insert(words.end(), {"--store", url()});
        test::TestConsole console;
        console.follows_clock = true;
        return test::call(console, words);
    }

    [[nodiscard]] std::vector<boost::json::object> json(std::vector<std::string> words) const {
        words.emplace_back("--json");
        const test::Called called = call(std::move(words));
        std::vector<boost::json::object> objects;
        std::istringstream lines{called.out};
        for (std::string line; std::getline(lines, line);) {
            objects.push_back(boost::json::parse(line).as_object());
        }
        return objects;
    }

    [[nodiscard]] bus::Position deferred() const {
        return open()->deliveries("biller", bus::DeliveryState::deferred).at(0).position;
    }

    [[nodiscard]] bus::Position parked() const {
        return open()->deliveries("biller", bus::DeliveryState::parked).at(0).position;
    }
};

std::string number_of(bus::Position position) {
    return std::to_string(position);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(operators, OperatorsStore)

BOOST_AUTO_TEST_CASE(R8_deliveries_are_listed_by_agent_state_and_cause) {
    const test::Called called = call({"deliveries", "list"});
    BOOST_TEST(called.code == 0);
    for (const char* word : {"deferred", "the bank asks for patience", "parked",
                             "follows the one before it", "dead", "no account for name-0"}) {
        BOOST_TEST(test::holds(called.out, word), called.out);
    }
    const auto waiting = json({"deliveries", "list", "biller", "--state", "deferred"});
    BOOST_REQUIRE_EQUAL(waiting.size(), 1U);
    BOOST_TEST(waiting[0].at("state").as_string() == "deferred");
    BOOST_TEST(waiting[0].at("next_due").is_string());
    const auto each = json({"deliveries", "list", "--each", "--state", "parked"});
    BOOST_TEST(!each.empty());
    for (const auto& delivery : each) {
        BOOST_TEST(delivery.at("state").as_string() == "parked");
    }
    // Dead ones have the names that `dead-letters` gives them.
    const auto group = [&](const char* command) {
        const auto listed = json({command, "list", "--kind", "poison"});
        return listed.empty() ? std::string{"none"}
                              : std::string{listed.front().at("group").as_string().c_str()};
    };
    BOOST_TEST(group("deliveries") == group("dead-letters"));
    BOOST_TEST(group("deliveries") != "none");
    BOOST_TEST(test::holds(call({"deliveries", "list", "greeter"}).err, "no delivery"));
}

BOOST_AUTO_TEST_CASE(R8_without_a_host_a_deferred_delivery_becomes_due_at_once) {
    const std::string position = number_of(deferred());
    const test::Called would = call({"deliveries", "retry", "biller", position, "--dry-run"});
    BOOST_TEST(test::holds(would.out, "would retry 1 of biller"), would.out);
    BOOST_TEST((open()->delivery("biller", deferred())->due != bus::Timestamp{}));
    const test::Called called =
        call({"deliveries", "retry", "biller", position, "--why", "it is up", "--who", "ann"});
    BOOST_TEST(called.code == 0);
    BOOST_TEST(test::holds(called.out, "1 retried, as no host runs the store"), called.out);
    BOOST_TEST((open()->delivery("biller", deferred())->due == bus::Timestamp{}));
    const auto requests = json({"requests"});
    BOOST_REQUIRE_EQUAL(requests.size(), 1U);
    BOOST_TEST(requests[0].at("action").as_string() == "retry");
    BOOST_TEST(requests[0].at("who").as_string() == "ann");
    BOOST_TEST(requests[0].at("why").as_string() == "it is up");
}

BOOST_AUTO_TEST_CASE(R8_a_parked_delivery_is_said_to_follow_its_head) {
    const bus::Position position = parked();
    const test::Called called = call({"deliveries", "retry", "biller", number_of(position)});
    BOOST_TEST(called.code == 1);
    BOOST_TEST(test::holds(called.err, "that one is parked"), called.err);
    BOOST_TEST(test::holds(called.err, "it waits for the one at "), called.err);
    BOOST_TEST(
        (test::holds(called.err, "redrive that one") || test::holds(called.err, "retry that one")));
    const test::Called dead = call({"deliveries", "retry", "biller", "6"});
    BOOST_TEST(test::holds(dead.err, "that one is dead"), dead.err);
}

BOOST_AUTO_TEST_CASE(R8_deliveries_are_discarded_by_state_with_a_reason) {
    BOOST_TEST(call({"deliveries", "discard", "biller", "--state", "deferred"}).code == 2);
    const auto count = open()->deliveries("biller", bus::DeliveryState::parked).size();
    const test::Called called =
        call({"deliveries", "discard", "biller", "--state", "parked", "--why", "old orders"});
    BOOST_TEST(called.code == 0, called.err);
    BOOST_TEST(test::holds(called.out, std::to_string(count) + " discarded"), called.out);
    BOOST_TEST(open()->deliveries("biller", bus::DeliveryState::parked).empty());
    BOOST_TEST(open()->deliveries("biller", bus::DeliveryState::dead).size() == 2U);
    run_host();
    const test::Called rest = call({"deliveries", "discard", "--all", "--why", "old orders"});
    BOOST_TEST(test::holds(rest.out, "1 discarded, by test_host"), rest.out);
    BOOST_TEST(open()->delivery_briefs("biller").empty());
}

BOOST_AUTO_TEST_CASE(R9_a_limit_redrives_the_oldest_first) {
    const test::Called would =
        call({"dead-letters", "redrive", "--all", "--limit", "1", "--dry-run"});
    BOOST_TEST(test::holds(would.out, "1 in all"), would.out);
    BOOST_TEST(test::holds(would.out, "first at 6"), would.out);
    BOOST_TEST(
        test::holds(call({"dead-letters", "redrive", "--all", "--limit", "1"}).out, "1 redriven"));
    const auto dead = open()->deliveries("biller", bus::DeliveryState::dead);
    BOOST_REQUIRE_EQUAL(dead.size(), 1U);
    BOOST_TEST(dead[0].position != 6U);
    run_host();
    BOOST_TEST(test::holds(call({"dead-letters", "redrive", "biller", "--limit", "5"}).out,
                           "1 redriven, by test_host"));
}

BOOST_AUTO_TEST_CASE(R9_a_host_keeps_to_the_limit_of_a_request) {
    run_host();
    const test::Called called = call({"dead-letters", "redrive", "--all", "--limit", "1"});
    BOOST_TEST(test::holds(called.out, "the oldest 1 "), called.out);
    BOOST_TEST(test::holds(called.out, "1 redriven, by test_host"), called.out);
    BOOST_TEST(open()->deliveries("biller", bus::DeliveryState::dead).size() == 1U);
    BOOST_TEST(call({"dead-letters", "redrive", "--all", "--limit", "0"}).code == 2);
}

BOOST_AUTO_TEST_CASE(R12_requests_are_shown_the_newest_first_and_in_pages) {
    for (const char* why : {"first", "second", "third"}) {
        open()->ask({.who = "ann", .why = why, .agent = "biller", .position = 6});
    }
    const auto whys = [this](std::vector<std::string> words) {
        words.insert(words.begin(), "requests");
        std::string all;
        for (const auto& request : json(words)) {
            all += std::string{request.at("why").as_string()} + ' ';
        }
        return all;
    };
    BOOST_TEST(whys({}) == "third second first ");
    BOOST_TEST(whys({"--limit", "2"}) == "third second ");
    BOOST_TEST(whys({"--limit", "2", "--before", "3"}) == "second first ");
    BOOST_TEST(whys({"--after", "2"}) == "third ");
    BOOST_TEST(test::holds(call({"requests", "--limit", "2"}).err, "--before 2"));
    BOOST_TEST(!test::holds(call({"requests", "--limit", "3"}).err, "--before"));
}

BOOST_AUTO_TEST_CASE(R12_follow_shows_new_requests_and_their_answers_until_it_is_ended) {
    const auto writer = bus::SqliteStore::open({.path = path(), .program = "busy_host"});
    const auto ask = [&](const char* why) {
        return writer->ask({.who = "ann", .why = why, .agent = "biller", .position = 6});
    };
    const std::uint64_t old = ask("before it began");
    ask("never answered");
    test::TestConsole console;
    int pauses = 0;
    std::uint64_t asked = 0;
    console.on_pause = [&] {
        const auto answer = [&](std::uint64_t number) {
            bus::Part part;
            part.answers.push_back({number, console.time, "1 redriven"});
            BOOST_REQUIRE(!writer->commit({&part, 1}, true).front().error);
        };
        switch (++pauses) {
        case 1: asked = ask("while it runs"); break;
        case 2: answer(asked); break;
        case 3: answer(old); break;
        default: console.wants_end = true;
        }
    };
    const test::Called called =
        test::call(console, {"requests", "--follow", "--json", "--store", url()});
    BOOST_TEST(called.code == 130);
    std::vector<std::string> seen;
    std::istringstream lines{called.out};
    for (std::string line; std::getline(lines, line);) {
        const auto object = boost::json::parse(line).as_object();
        seen.push_back(std::string{object.at("why").as_string()} + '/' +
                       std::string{object.at("result").as_string()});
    }
    BOOST_TEST(seen == (std::vector<std::string>{"while it runs/", "while it runs/1 redriven",
                                                 "before it began/1 redriven"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(S26_requests_are_pruned_by_age_and_verify_still_finds_the_rest_whole) {
    BOOST_TEST(call({"dead-letters", "redrive", "biller", "6", "--why", "one"}).code == 0);
    BOOST_TEST(
        call({"dead-letters", "discard", "biller", "--kind", "poison", "--why", "two"}).code == 0);
    BOOST_TEST(test::holds(call({"prune", "--requests", "--before", "2000-01-01"}).out,
                           "0 requests removed"));
    const test::Called would = call({"prune", "--requests", "--before", "2999-01-01", "--dry-run"});
    BOOST_TEST(test::holds(would.out, "would remove 2 requests"), would.out);
    run_host();
    const test::Called called = call({"prune", "--requests", "--before", "2999-01-01"});
    BOOST_TEST(called.code == 0, called.err);
    BOOST_TEST(test::holds(called.out, "3 requests removed, by test_host"), called.out);
    const auto left = json({"requests"});
    BOOST_REQUIRE_EQUAL(left.size(), 1U);
    BOOST_TEST(left[0].at("action").as_string() == "prune requests");
}

BOOST_AUTO_TEST_CASE(S26_an_event_dated_in_the_future_is_named_and_ignored) {
    const bus::Timestamp monday = bus::parse_timestamp("2026-03-02T08:00:00Z");
    const std::string other = file("future.db");
    {
        const auto store = bus::SqliteStore::open({.path = other});
        for (int i = 0; i < 4; ++i) {
            bus::Part part;
            part.stored_at = monday + i * 24h;
            part.events.push_back({.record = test::parcel(static_cast<std::uint64_t>(i + 1))});
            part.events.back().record.occurred_at =
                i == 1 ? bus::parse_timestamp("2099-01-01T00:00:00Z") : part.stored_at;
            BOOST_REQUIRE(!store->commit({&part, 1}, true).front().error);
        }
    }
    test::TestConsole console;
    console.time = monday + 20 * 24h;
    const auto prune = [&](const char* before) {
        return test::call(console, {"prune", "--before", before, "--store", "sqlite:" + other});
    };
    const test::Called early = prune("2026-03-02T09:00:00Z");
    BOOST_TEST(test::holds(early.out, "1 event removed"), early.out);
    BOOST_TEST(test::holds(early.err, "event 2 ("), early.err);
    BOOST_TEST(test::holds(early.err, "2099-01-01"), early.err);
    BOOST_TEST(test::holds(early.err, "in the future: it and the events after it stay"), early.err);
    const test::Called late = prune("17d");
    BOOST_TEST(test::holds(late.err, "event 2 ("), late.err);
    BOOST_TEST(test::holds(late.err, "was stored earlier"), late.err);
    BOOST_TEST(test::holds(late.out, "2 events removed"), late.out);
    BOOST_TEST(bus::SqliteStore::open({.path = other})->first_position() == 4U);
    BOOST_TEST(bus::verify({.path = other}).clean());
}

BOOST_AUTO_TEST_CASE(S26_versions_of_pruned_streams_are_removed_only_on_request) {
    BOOST_TEST(call({"deliveries", "discard", "--all", "--why", "old"}).code == 0);
    const bus::Position last = open()->last_position();
    const test::Called pruned = call({"prune", "--before", number_of(last + 1)});
    BOOST_TEST(pruned.code == 0, pruned.err);
    BOOST_TEST(test::holds(call({"prune", "--streams", "--before", "2000-01-01"}).out,
                           "0 streams removed"));
    const test::Called called = call({"prune", "--streams", "--before", "2999-01-01"});
    BOOST_TEST(called.code == 0, called.err);
    BOOST_TEST(!test::holds(called.out, " 0 streams"), called.out);
    BOOST_TEST(test::holds(called.out, "streams removed"), called.out);
    BOOST_TEST(call({"prune", "--streams", "--requests", "--before", "1d"}).code == 2);
}

BOOST_AUTO_TEST_SUITE_END()
