#include "test/support/bus_events.hpp"
#include <bus/event/codec.hpp>

#include "console.hpp"
#include "sample_store.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>

namespace {

std::size_t lines_of(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

/// The positions of events in NDJSON.
std::vector<std::int64_t> positions_of(const std::string& ndjson) {
    std::vector<std::int64_t> positions;
    std::istringstream in{ndjson};
    for (std::string line; std::getline(in, line);) {
        positions.push_back(boost::json::parse(line).at("position").as_int64());
    }
    return positions;
}

std::vector<std::int64_t> listed(const test::SampleStore& store, std::vector<std::string> filter) {
    std::vector<std::string> arguments{"events", "list", "--json", "--store", store.url()};
    arguments.insert(arguments.end(), filter.begin(), filter.end());
    const test::Called called = test::call(arguments);
    BOOST_TEST(called.code == 0, called.err);
    return positions_of(called.out);
}

} // namespace

BOOST_AUTO_TEST_SUITE(events)

BOOST_AUTO_TEST_CASE(list_filters_by_stream_execution_type_time_and_position) {
    using Positions = std::vector<std::int64_t>;
    const test::SampleStore store;
    BOOST_TEST(listed(store, {}).size() == 26);
    BOOST_TEST(listed(store, {"--stream", "Parcel/p-1"}) == (Positions{25, 26}));
    BOOST_TEST(listed(store, {"--execution", "run-3"}) == (Positions{5, 6}));
    BOOST_TEST(listed(store, {"--execution", "run-3", "--type", "PongEvent"}) == (Positions{6}));
    BOOST_TEST(listed(store, {"--type", "PingEvent", "--from", "5", "--to", "9"}) ==
               (Positions{5, 7, 9}));
    BOOST_TEST(listed(store, {"--since", "2023-11-14T22:15:02Z"}) == (Positions{26}));
    BOOST_TEST(listed(store, {"--until", "2023-11-14T22:13:20.25Z"}) == (Positions{1, 2}));
    BOOST_TEST(listed(store, {"--since", "2023-11-15"}).empty());
    BOOST_TEST(listed(store, {"--last", "2"}) == (Positions{25, 26}));
    BOOST_TEST(listed(store, {"--last", "2", "--type", "PingEvent"}) == (Positions{21, 23}));
    BOOST_TEST(listed(store, {"--stream", "Parcel/p-1", "--to", "25"}) == (Positions{25}));
}

BOOST_AUTO_TEST_CASE(list_says_how_to_go_on_after_a_page) {
    const test::SampleStore store;
    const test::Called called =
        test::call({"events", "list", "--limit", "10", "--store", store.url()});
    BOOST_TEST(lines_of(called.out) == 12); // with head and rule
    BOOST_TEST(called.err.find("--from 11") != std::string::npos, called.err);
    const test::Called rest =
        test::call({"events", "list", "--from", "11", "--store", store.url()});
    BOOST_TEST(lines_of(rest.out) == 18);
    BOOST_TEST(rest.err == "");
}

BOOST_AUTO_TEST_CASE(list_prints_events_of_unknown_types_in_the_wire_format) {
    const test::SampleStore store;
    const test::Called called = test::call(
        {"events", "list", "--from", "25", "--limit", "1", "--json", "--store", store.url()});
    const std::string event = bus::to_json(test::parcel(1));
    BOOST_TEST(called.out == R"({"position":25,"stream_version":1,"event":)" + event + "}\n");
}

BOOST_AUTO_TEST_CASE(list_fits_a_narrow_terminal) {
    const test::SampleStore store;
    test::TestConsole console;
    console.look = {.terminal = true, .utf8 = true, .width = 72};
    const test::Called called = call(console, {"events", "list", "--store", store.url()});
    BOOST_TEST(called.out.find("…") != std::string::npos);
    std::istringstream in{called.out};
    for (std::string line; std::getline(in, line);) {
        const auto bytes = static_cast<std::size_t>(
            std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; }));
        BOOST_TEST(bytes <= 72, line);
    }
}

BOOST_AUTO_TEST_CASE(an_invalid_time_or_stream_is_refused_with_what_would_be_right) {
    const test::SampleStore store;
    const test::Called time =
        test::call({"events", "list", "--since", "yesterday", "--store", store.url()});
    BOOST_TEST(time.code == 2);
    BOOST_TEST(time.err.find("2026-11-23T12:00:00Z") != std::string::npos, time.err);
    const test::Called stream =
        test::call({"events", "list", "--stream", "Parcel", "--store", store.url()});
    BOOST_TEST(stream.code == 2);
    BOOST_TEST(stream.err.find("--stream TYPE/ID") != std::string::npos, stream.err);
}

BOOST_AUTO_TEST_CASE(how_long_ago_counts_from_now) {
    const test::SampleStore store;
    test::TestConsole console;
    console.time = bus::parse_timestamp("2023-11-14T22:16:01.5Z");
    const test::Called called =
        call(console, {"events", "list", "--json", "--since", "1m", "--store", store.url()});
    BOOST_TEST(positions_of(called.out) == (std::vector<std::int64_t>{26}));
}

BOOST_AUTO_TEST_CASE(follow_prints_what_is_committed_from_now_on) {
    test::SampleStore store;
    store.run_host();
    test::TestConsole console;
    console.follows_clock = true;
    int published = 0;
    console.on_pause = [&] {
        if (published < 2) {
            store.host().publish(test::parcel(static_cast<std::uint64_t>(10 + published++)));
        }
    };
    const test::Called called =
        call(console, {"events", "follow", "--limit", "2", "--json", "--type", "ParcelWeighedEvent",
                       "--store", store.url()});
    BOOST_TEST(called.code == 0);
    BOOST_TEST(positions_of(called.out).size() == 2);
    BOOST_TEST(positions_of(called.out).front() > 26);
    store.end_host();
}

BOOST_AUTO_TEST_CASE(follow_takes_the_same_filters_as_list) {
    const test::SampleStore store;
    const std::vector<std::vector<std::string>> filters{{"--stream", "Parcel/p-1"},
                                                        {"--execution", "run-3"},
                                                        {"--type", "PongEvent"},
                                                        {"--since", "2023-11-14T22:15:02Z"},
                                                        {"--until", "2023-11-14T22:13:20.25Z"},
                                                        {"--to", "9"}};
    for (const std::vector<std::string>& filter : filters) {
        std::vector<std::string> words{"events", "follow",  "--from",   "1",
                                       "--json", "--store", store.url()};
        words.insert(words.end(), filter.begin(), filter.end());
        test::TestConsole console;
        console.on_pause = [&] { console.wants_end = true; };
        const test::Called called = call(console, words);
        BOOST_TEST(called.code == (filter[0] == "--to" ? 0 : 130), filter[0]);
        BOOST_TEST(positions_of(called.out) == listed(store, filter), filter[0]);
        BOOST_TEST(!called.out.empty(), filter[0]);
    }
}

BOOST_AUTO_TEST_CASE(follow_ends_with_130_when_the_user_interrupts_it) {
    const test::SampleStore store;
    test::TestConsole console;
    int pauses = 0;
    console.on_pause = [&] { console.wants_end = ++pauses == 3; };
    const test::Called called =
        call(console, {"events", "follow", "--from", "25", "--store", store.url()});
    BOOST_TEST(called.code == 130);
    BOOST_TEST(lines_of(called.out) == 2);
    BOOST_TEST(called.err == "");
    BOOST_TEST(pauses == 3);
}

BOOST_AUTO_TEST_CASE(show_prints_everything_about_an_event_and_what_agents_did_with_it) {
    const test::SampleStore store;
    const test::Called called = test::call({"events", "show", "6", "--store", store.url()});
    BOOST_TEST(called.code == 0);
    for (const char* word : {"PongEvent, version 1", "Pong/name-0, version 1", "run-3", "ann",
                             "2023-11-14T22:13:20.500000Z", R"({"name":"name-0","number":3})",
                             "biller: dead after 1 attempt", "rejected: no account for name-0"}) {
        BOOST_TEST(called.out.find(word) != std::string::npos, word << " in " << called.out);
    }
    const std::string id = bus::to_text(test::parcel(2).event_id);
    const test::Called by_id = test::call({"events", "show", id, "--json", "--store", store.url()});
    BOOST_TEST(boost::json::parse(by_id.out).at("position").as_int64() == 26);
    const test::Called dead = test::call({"events", "show", "6", "--json", "--store", store.url()});
    BOOST_TEST(boost::json::parse(dead.out).at("deliveries").as_array().size() == 1);
}

BOOST_AUTO_TEST_CASE(show_of_a_missing_event_says_which_events_there_are) {
    const test::SampleStore store;
    const test::Called far = test::call({"events", "show", "99", "--store", store.url()});
    BOOST_TEST(far.code == 1);
    BOOST_TEST(far.err.find("it holds 1 to 26") != std::string::npos, far.err);
    const test::Called nothing = test::call({"events", "show", "no-id", "--store", store.url()});
    BOOST_TEST(nothing.code == 2);
    BOOST_TEST(nothing.err.find("a UUID") != std::string::npos, nothing.err);
    const test::Called unknown = test::call(
        {"events", "show", "00000000-0000-7000-8000-000000000001", "--store", store.url()});
    BOOST_TEST(unknown.code == 1);
}

BOOST_AUTO_TEST_SUITE_END()
