#include "console.hpp"
#include "sample_store.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>

namespace {

constexpr const char* dead_flow =
    "execution run-3: 2 events in 0 us, for ann, 1 dead\n"
    "2023-11-14 22:13:20.500  PingEvent  Ping/name-0  #5\n"
    "└─ +0 us  PongEvent  Pong/name-0  #6\n"
    "   └─ ✗ biller: dead after 1 attempt\n"
    "      └─ 2023-11-14 22:13:20.500  rejected: no account for name-0\n";

test::Called flow(const test::SampleStore& store, std::vector<std::string> words) {
    test::TestConsole console;
    console.look = {.terminal = true, .utf8 = true};
    words.insert(words.begin(), "flow");
    words.insert(words.end(), {"--store", store.url()});
    return call(console, words);
}

} // namespace

BOOST_AUTO_TEST_SUITE(flows)

BOOST_AUTO_TEST_CASE(requests_about_an_agent_or_the_log_are_not_part_of_an_execution) {
    const test::SampleStore store;
    const std::string before = flow(store, {"run-3"}).out;
    const auto position = store.open()->read_execution("run-3", 0, 1).at(0).position;
    for (const bus::DeliveryAction action :
         {bus::DeliveryAction::replay, bus::DeliveryAction::prune}) {
        store.open()->ask(
            {.who = "ann", .action = action, .agent = "greeter", .position = position});
    }
    BOOST_TEST(flow(store, {"run-3"}).out == before);
    store.open()->ask({.who = "ann",
                       .action = bus::DeliveryAction::discard,
                       .agent = "greeter",
                       .position = position});
    BOOST_TEST(flow(store, {"run-3"}).out.find("discard by ann") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(flow_draws_what_caused_what_and_where_agents_failed) {
    const test::SampleStore store;
    const test::Called called = flow(store, {"run-3"});
    BOOST_TEST(called.code == 0);
    BOOST_TEST(called.out == dead_flow);
    BOOST_TEST(flow(store, {"run-5"}).out ==
               "execution run-5: 2 events in 0 us, for ann, 1 deferred\n"
               "2023-11-14 22:13:21.000  PingEvent  Ping/name-2  #9\n"
               "└─ +0 us  PongEvent  Pong/name-2  #10\n"
               "   └─ ↻ biller: deferred until 2023-11-14 23:13:21.000, 1 attempt\n"
               "      └─ 2023-11-14 22:13:21.000  throttled: the bank asks for patience\n");
    BOOST_TEST(flow(store, {"run-6"}).out.find("‖ biller: parked") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_file_gets_the_tree_in_ascii_and_failures_on_a_terminal_are_red) {
    const test::SampleStore store;
    BOOST_TEST(test::call({"flow", "run-3", "--store", store.url()})
                   .out.find("`- +0 us  PongEvent  Pong/name-0  #6\n   `- x biller: dead") !=
               std::string::npos);
    test::TestConsole console;
    console.look = {.terminal = true, .colours = true, .utf8 = true, .width = 30};
    const test::Called painted = call(console, {"flow", "run-3", "--store", store.url()});
    BOOST_TEST(painted.out.find("\x1b[31mPongEvent\x1b[0m") != std::string::npos, painted.out);
    BOOST_TEST(painted.out.find("\x1b[31m✗ biller: dead after 1 …\x1b[0m") != std::string::npos,
               painted.out);
}

BOOST_AUTO_TEST_CASE(an_event_or_a_stream_of_an_execution_may_be_given_instead_of_it) {
    const test::SampleStore store;
    BOOST_TEST(flow(store, {"6"}).out == dead_flow);
    BOOST_TEST(flow(store, {bus::to_text(store.open()->read(5, 1).front().record.event_id)}).out ==
               dead_flow);
    BOOST_TEST(flow(store, {"--stream", "Parcel/p-1"}).out.find("execution parcels") == 0);
}

BOOST_AUTO_TEST_CASE(events_of_unknown_types_are_drawn_and_those_without_a_cause_are_roots) {
    const test::SampleStore store;
    BOOST_TEST(flow(store, {"parcels", "--data"}).out ==
               "execution parcels: 2 events in 1.0 s, for bob\n"
               "2023-11-14 22:15:01.000  ParcelWeighedEvent  Parcel/p-1  #25  "
               "{\"grams\":11.50,\"note\":\"caf\\u00e9\"}\n"
               "2023-11-14 22:15:02.000  ParcelWeighedEvent  Parcel/p-1  #26  "
               "{\"grams\":12.50,\"note\":\"caf\\u00e9\"}\n");
}

BOOST_AUTO_TEST_CASE(requests_of_operators_stay_visible) {
    const test::SampleStore store;
    test::TestConsole console;
    console.time = bus::parse_timestamp("2023-11-15T08:00:00Z");
    BOOST_TEST(call(console, {"dead-letters", "discard", "biller", "6", "--who", "eve", "--why",
                              "was paid in cash", "--store", store.url()})
                   .code == 0);
    const std::string drawn = flow(store, {"run-3"}).out;
    BOOST_TEST(drawn.find("biller: 2023-11-15 08:00:00.000  discard by eve, was paid in cash: "
                          "discarded") != std::string::npos,
               drawn);
}

BOOST_AUTO_TEST_CASE(timers_that_have_not_fired_are_drawn_below_their_cause) {
    const test::SampleStore store;
    {
        const auto writer = bus::SqliteStore::open({.path = store.path()});
        bus::Part part;
        bus::TimerRecord timer{.number = writer->last_timer() + 1,
                               .agent = "biller",
                               .due = bus::parse_timestamp("2023-11-16T00:00:00Z"),
                               .event = test::parcel(7)};
        timer.event.execution_id = "run-3";
        timer.event.causation_id = writer->read(5, 1).front().record.event_id;
        part.put_timers.push_back(timer);
        writer->commit({&part, 1}, true);
    }
    const std::string drawn = flow(store, {"run-3"}).out;
    BOOST_TEST(drawn.find("◷ at 2023-11-16 00:00:00.000 ParcelWeighedEvent, a timer of biller") !=
                   std::string::npos,
               drawn);
    const test::Called json = flow(store, {"run-3", "--json"});
    BOOST_TEST(boost::json::parse(json.out).at("timers").as_array().size() == 1);
}

BOOST_AUTO_TEST_CASE(causes_that_run_in_a_circle_or_very_deep_are_drawn_once_each) {
    const test::SampleStore store;
    const std::uint64_t length = 1000;
    {
        const auto writer = bus::SqliteStore::open({.path = store.path()});
        bus::Part part;
        for (std::uint64_t number = 0; number < length + 2; ++number) {
            bus::EventRecord record = test::parcel(100 + number);
            const bool chained = number < length;
            record.execution_id = chained ? "deep" : "circle";
            const std::uint64_t cause = chained ? number - 1 : length + (number + 1) % 2;
            if (number != 0) {
                record.causation_id = test::parcel(100 + cause).event_id;
            }
            part.events.push_back({.record = std::move(record)});
        }
        BOOST_REQUIRE(!writer->commit({&part, 1}, true).front().error);
    }
    const test::Called circle = flow(store, {"circle"});
    BOOST_TEST(circle.code == 0);
    BOOST_TEST(std::count(circle.out.begin(), circle.out.end(), '#') == 2, circle.out);
    BOOST_TEST(circle.out.find("(caused by ") != std::string::npos, circle.out);
    const test::Called deep = flow(store, {"deep"});
    BOOST_TEST(std::count(deep.out.begin(), deep.out.end(), '#') == 1000);
}

BOOST_AUTO_TEST_CASE(flow_for_programs_is_one_document) {
    const test::SampleStore store;
    const auto document = boost::json::parse(flow(store, {"run-3", "--json"}).out).as_object();
    BOOST_TEST(document.at("execution_id").as_string() == "run-3");
    BOOST_TEST(document.at("complete").as_bool());
    const auto& events = document.at("events").as_array();
    BOOST_TEST(events.size() == 2);
    BOOST_TEST(events[1].at("deliveries").at(0).at("state").as_string() == "dead");
    const test::Called cut = flow(store, {"run-3", "--json", "--limit", "1"});
    BOOST_TEST(!boost::json::parse(cut.out).at("complete").as_bool());
    const test::Called all = flow(store, {"run-3", "--json", "--limit", "0"});
    BOOST_TEST(boost::json::parse(all.out).at("complete").as_bool());
}

BOOST_AUTO_TEST_CASE(an_unknown_execution_is_reported_with_what_could_be_given) {
    const test::SampleStore store;
    const test::Called unknown = flow(store, {"run-99"});
    BOOST_TEST(unknown.code == 1);
    BOOST_TEST(unknown.err.find("bus events list") != std::string::npos, unknown.err);
    BOOST_TEST(flow(store, {}).code == 2);
    BOOST_TEST(flow(store, {"--stream", "Parcel/p-2"}).code == 1);
}

BOOST_AUTO_TEST_CASE(a_redrive_is_drawn_between_the_attempts_before_and_after_it) {
    const test::SampleStore sample;
    const bus::Position position = sample.open()->read_execution("run-3", 0, 10).at(1).position;
    {
        const auto store = bus::SqliteStore::open({.path = sample.path()});
        bus::DeliveryRecord delivery = *store->delivery("biller", position);
        const bus::Timestamp first = delivery.attempts.at(0).at;
        delivery.attempts.push_back(
            {first + std::chrono::hours{2}, bus::FailureKind::rejected, "still no account"});
        bus::Part part;
        part.agent = "biller";
        part.put_deliveries = {delivery};
        BOOST_TEST_REQUIRE(!store->commit({&part, 1}, true).front().error);
        // Asked for at night, and carried out when the host ran again.
        store->ask({.at = first + std::chrono::minutes{1},
                    .who = "ann",
                    .why = "account made",
                    .action = bus::DeliveryAction::redrive,
                    .agent = "biller",
                    .position = position,
                    .done_at = first + std::chrono::hours{1},
                    .result = "1 redriven"});
        store->ask({.at = first + std::chrono::hours{3},
                    .who = "bob",
                    .action = bus::DeliveryAction::redrive,
                    .agent = "biller",
                    .position = position});
    }
    const std::string out = flow(sample, {"run-3"}).out;
    BOOST_TEST(
        out.find("      ├─ 2023-11-14 22:13:20.500  rejected: no account for name-0\n"
                 "      ├─ 2023-11-14 23:13:20.500  redrive by ann, account made: 1 redriven\n"
                 "      ├─ 2023-11-15 00:13:20.500  rejected: still no account\n"
                 "      └─ 2023-11-15 01:13:20.500  redrive by bob: not carried out yet\n") !=
            std::string::npos,
        out);
}

BOOST_AUTO_TEST_SUITE_END()
