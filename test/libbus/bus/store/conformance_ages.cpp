// Ages in a store: when positions were stored, the order of requests, and what is removed by age.
#include <bus/store/retention.hpp>

#include "backends.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>

using namespace test;
using namespace std::chrono_literals;
using bus::DeliveryState;

namespace {

constexpr std::size_t all = std::numeric_limits<std::size_t>::max();
constexpr bus::Duration day = 24h;
const bus::Timestamp monday = bus::parse_timestamp("2026-03-02T08:00:00Z");
const bus::Timestamp year_2099 = bus::parse_timestamp("2099-01-01T00:00:00Z");

/// Stores an event with the time `dated`, while the clock shows `now`.
bus::Position store_at(bus::EventStore& store, bus::Timestamp now, bus::Timestamp dated) {
    const std::uint64_t number = store.last_position() + 1;
    bus::NewEvent next = event(number, "A-" + std::to_string(number % 2));
    next.record.occurred_at = dated;
    bus::Part one = part({next});
    one.stored_at = now;
    return commit(store, one).places.at(0).position;
}

/// Stores `count` events, one a day from monday on, with the right times.
void store_days(bus::EventStore& store, int count) {
    for (int i = 0; i < count; ++i) {
        store_at(store, monday + i * day, monday + i * day);
    }
}

bus::RequestRecord asking(bus::Timestamp at) {
    return {.at = at, .who = "ann", .why = "to see", .agent = "worker"};
}

void answer(bus::EventStore& store, std::uint64_t number, bus::Timestamp at) {
    bus::Part part;
    part.answers.push_back({number, at, "done"});
    commit(store, part);
}

bus::DeliveryRecord failed(bus::Position position, DeliveryState state) {
    return {.agent = "worker",
            .position = position,
            .state = state,
            .attempts = {{monday, bus::FailureKind::rejected, "no"}}};
}

void put(bus::EventStore& store, const bus::DeliveryRecord& delivery) {
    bus::Part puts;
    puts.agent = "worker";
    puts.put_deliveries = {delivery};
    BOOST_TEST(!commit(store, puts).error);
}

std::vector<std::uint64_t> numbers(const std::vector<bus::RequestRecord>& requests) {
    std::vector<std::uint64_t> result;
    for (const bus::RequestRecord& request : requests) {
        result.push_back(request.number);
    }
    return result;
}

template <class Backend>
void check_whole(Backend& backend) {
    if constexpr (std::is_same_v<Backend, SqliteBackend>) {
        BOOST_TEST(Backend::damage_of_backup(backend.folder() / "store.db") == "");
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(ages_in_a_store)

BOOST_AUTO_TEST_CASE_TEMPLATE(S26_a_store_knows_approximately_when_it_stored_each_position, Backend,
                              Backends) {
    Backend backend;
    store_days(backend.store(), 10);
    reopen(backend);
    bus::EventStore& store = backend.store();
    const bus::Timestamp now = monday + 30 * day;
    BOOST_TEST(store.last_stored_before(monday, now) == 0U);
    BOOST_TEST(store.last_stored_before(monday + 4 * day, now) == 4U);
    BOOST_TEST(store.last_stored_before(monday + 4 * day + 1s, now) == 4U);
    BOOST_TEST(store.last_stored_before(monday + 4 * day + 1min, now) == 5U);
    BOOST_TEST(store.last_stored_before(now, now) == 10U);
    BOOST_TEST(store.first_dated_from(monday + 4 * day, 0) == 5U);
    BOOST_TEST(store.first_dated_from(monday + 4 * day, 7) == 8U);
    BOOST_TEST(store.first_dated_from(now, 0) == 0U);
    check_whole(backend);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S26_a_store_notes_the_time_once_a_minute, Backend, Backends) {
    Backend backend;
    bus::EventStore& store = backend.store();
    for (int i = 0; i < 120; ++i) {
        store_at(store, monday + i * 1s, monday);
    }
    // The events of the first minute are known to be stored by its end; those of the second one not
    // yet.
    BOOST_TEST(store.last_stored_before(monday + 1min, monday + day) == 60U);
    BOOST_TEST(store.last_stored_before(monday + 90s, monday + day) == 60U);
    BOOST_TEST(store.last_stored_before(monday + 2min, monday + day) == 120U);
    check_whole(backend);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S26_an_event_dated_in_the_future_does_not_keep_others, Backend,
                              Backends) {
    Backend backend;
    bus::EventStore& store = backend.store();
    store_days(store, 3);
    store_at(store, monday + 3 * day, year_2099); // 4
    for (int i = 4; i < 10; ++i) {
        store_at(store, monday + i * day, monday + i * day);
    }
    const bus::Timestamp now = monday + 20 * day;
    BOOST_TEST(store.last_before(monday + 6 * day) == 3U);
    const bus::AgedEvents aged = bus::aged_events(store, monday + 6 * day, now);
    BOOST_TEST(aged.through == 6U);
    BOOST_TEST(aged.misdated == 4U);
    // If the event was stored after the given time, it stays, and so do the events after it.
    BOOST_TEST(bus::aged_events(store, monday + 2 * day, now).through == 2U);
    BOOST_TEST(bus::aged_events(store, monday + 3 * day, now).misdated == 0U);
    BOOST_TEST(bus::aged_events(store, now, now).through == 10U);
    BOOST_TEST(store.prune(aged.through, all) == 6U);
    reopen(backend);
    BOOST_TEST(bus::aged_events(backend.store(), monday + 8 * day, now).through == 8U);
    check_whole(backend);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S26_a_clock_that_was_ahead_for_a_while_keeps_nothing_forever, Backend,
                              Backends) {
    Backend backend;
    bus::EventStore& store = backend.store();
    store_days(store, 2);
    for (int i = 0; i < 3; ++i) { // 3 to 5, on the second day
        store_at(store, year_2099 + i * day, year_2099 + i * day);
    }
    store_at(store, monday + 2 * day, monday + 2 * day); // 6
    const bus::Timestamp now = monday + 20 * day;
    BOOST_TEST(store.last_stored_before(monday + 2 * day, now) == 2U);
    BOOST_TEST(store.last_stored_before(monday + 2 * day + 1s, now) == 5U);
    BOOST_TEST(bus::aged_events(store, monday + 10 * day, now).through == 6U);
    check_whole(backend);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S26_a_clock_that_was_behind_makes_nothing_old, Backend, Backends) {
    Backend backend;
    bus::EventStore& store = backend.store();
    store_days(store, 3);
    const bus::Timestamp year_1970{1h};
    store_at(store, year_1970, year_2099); // 4
    store_at(store, year_1970 + day, year_2099);
    BOOST_TEST(store.last_stored_before(monday + day, monday + 3 * day) == 1U);
    BOOST_TEST(store.last_stored_before(monday + 2 * day, monday + 3 * day) == 2U);
    // They are old only when the newest event that was stored with a right clock is old.
    BOOST_TEST(store.last_stored_before(monday + 2 * day + 2min, monday + 3 * day) == 5U);
    BOOST_TEST(store.prune(3, all) == 3U);
    reopen(backend);
    BOOST_TEST(backend.store().last_stored_before(monday + 2 * day, monday + 3 * day) < 4U);
    check_whole(backend);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S26_a_store_that_was_given_no_times_knows_none, Backend, Backends) {
    Backend backend;
    append(backend.store(), event(1, "A"));
    BOOST_TEST(backend.store().last_stored_before(monday, monday) == 0U);
    check_whole(backend);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S26_events_stored_at_an_unknown_time_do_not_count_as_older, Backend,
                              Backends) {
    Backend backend;
    bus::EventStore& store = backend.store();
    store_days(store, 1);
    append(store, event(2, "A"));
    append(store, event(3, "A"));
    BOOST_TEST(store.last_stored_before(monday + 9 * day, monday + 9 * day) == 1U);
    store_at(store, monday + 5 * day, monday);
    BOOST_TEST(store.last_stored_before(monday + 5 * day, monday + 9 * day) == 1U);
    BOOST_TEST(store.last_stored_before(monday + 9 * day, monday + 9 * day) == 4U);
    check_whole(backend);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S26_answered_requests_are_removed_by_age, Backend, Backends) {
    Backend backend;
    for (int i = 0; i < 5; ++i) {
        backend.store().ask(asking(monday + i * day));
    }
    // 1 and 4 are answered in time, 2 by a clock that was ahead, 3 and 5 not at all.
    answer(backend.store(), 1, monday + 1h);
    answer(backend.store(), 2, year_2099);
    answer(backend.store(), 4, monday + 3 * day + 1h);
    BOOST_TEST(backend.store().prune_requests(monday, all) == 0U);
    BOOST_TEST(backend.store().prune_requests(monday + 10 * day, 1) == 1U);
    BOOST_TEST(backend.store().prune_requests(monday + 10 * day, all) == 1U);
    reopen(backend);
    bus::EventStore& store = backend.store();
    BOOST_TEST(numbers(store.requests(0, all, false)) == (std::vector<std::uint64_t>{2, 3, 5}));
    BOOST_TEST(numbers(store.newest_requests(0, 2, false)) == (std::vector<std::uint64_t>{5, 3}));
    BOOST_TEST(numbers(store.newest_requests(5, all, true)) == (std::vector<std::uint64_t>{3}));
    BOOST_TEST(store.ask(asking(monday)) == 6U);
    check_whole(backend);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S26_no_request_number_is_used_twice, Backend, Backends) {
    Backend backend;
    for (int i = 1; i <= 3; ++i) {
        backend.store().ask(asking(monday));
        answer(backend.store(), static_cast<std::uint64_t>(i), monday + 1h);
    }
    BOOST_TEST(backend.store().prune_requests(year_2099, all) == 2U);
    reopen(backend);
    BOOST_TEST(backend.store().ask(asking(monday)) == 4U);
    BOOST_TEST(backend.store().prune_requests(year_2099, all) == 1U);
    BOOST_TEST(backend.store().ask(asking(monday)) == 5U);
    check_whole(backend);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S26_versions_of_pruned_streams_are_forgotten_on_request, Backend,
                              Backends) {
    Backend backend;
    store_days(backend.store(), 6); // 1, 3, 5 of A-1, the others of A-0
    BOOST_TEST(backend.store().prune_streams(year_2099, all) == 0U);
    backend.store().prune(6, all);
    BOOST_TEST(backend.store().prune_streams(monday + 5 * day, all) == 1U);
    reopen(backend);
    bus::EventStore& store = backend.store();
    bus::NewEvent again = event(100, "A-1");
    again.expected_version = 0;
    BOOST_TEST(append(store, again).stream_version == 1U);
    BOOST_TEST(append(store, event(101, "A-0")).stream_version == 4U);
    check_whole(backend);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(R11_a_delivery_keeps_the_number_of_the_newest_request_when_it_failed,
                              Backend, Backends) {
    Backend backend;
    commit(backend.store(), agent_part("worker", 0));
    for (std::uint64_t i = 1; i <= 3; ++i) {
        append(backend.store(), event(i, "A-" + std::to_string(i)));
    }
    bus::Part settles = agent_part("worker");
    settles.settled = {{1, 3}};
    settles.delivered = 3;
    commit(backend.store(), settles);
    put(backend.store(), failed(1, DeliveryState::dead));
    BOOST_TEST(backend.store().ask(asking(monday)) == 1U);
    if (const auto beside = backend.beside()) {
        BOOST_TEST(beside->ask(asking(monday - 100 * day)) == 2U);
    } else {
        backend.store().ask(asking(monday - 100 * day));
    }
    put(backend.store(), failed(2, DeliveryState::deferred));
    reopen(backend);
    put(backend.store(), failed(3, DeliveryState::dead));
    bus::EventStore& store = backend.store();
    BOOST_TEST(store.delivery("worker", 1)->after_request == 0U);
    BOOST_TEST(store.delivery("worker", 2)->after_request == 2U);
    BOOST_TEST(store.deliveries("worker", DeliveryState::dead).back().after_request == 2U);
    // A command does not count as a failure.
    bus::Part commands;
    commands.commanded_at = monday;
    commands.commands.push_back({bus::DeliveryAction::redrive, "worker", 1, "ann", "up", {}, 2});
    commit(store, commands);
    BOOST_TEST(store.delivery("worker", 1)->after_request == 0U);
    BOOST_TEST(store.newest_requests(0, 1, false).front().part_of == 2U);
    check_whole(backend);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(R8_a_deferred_delivery_is_made_due_at_once, Backend, Backends) {
    Backend backend;
    commit(backend.store(), agent_part("worker", 0));
    for (std::uint64_t i = 1; i <= 3; ++i) {
        append(backend.store(), event(i, "A-1"));
    }
    bus::Part puts = agent_part("worker");
    puts.settled = {{1, 3}};
    puts.delivered = 3;
    puts.put_deliveries = {failed(1, DeliveryState::deferred), failed(2, DeliveryState::dead),
                           failed(3, DeliveryState::parked)};
    puts.put_deliveries[0].due = year_2099;
    for (bus::DeliveryRecord& delivery : puts.put_deliveries) {
        delivery.sequence = "A";
    }
    commit(backend.store(), puts);
    bus::Part commands;
    commands.commanded_at = monday;
    for (bus::Position position = 1; position <= 4; ++position) {
        commands.commands.push_back({bus::DeliveryAction::retry, "worker", position, "ann", "up"});
    }
    const bus::PartResult result = commit(backend.store(), commands);
    BOOST_REQUIRE_EQUAL(result.changed.size(), 1U);
    BOOST_TEST((result.changed[0].delivery.due == bus::Timestamp{}));
    BOOST_TEST((result.changed[0].delivery.state == DeliveryState::deferred));
    reopen(backend);
    bus::EventStore& store = backend.store();
    BOOST_TEST((store.delivery("worker", 1)->due == bus::Timestamp{}));
    std::vector<std::string> results;
    for (const bus::RequestRecord& trace : store.requests(0, all, false)) {
        results.push_back(trace.result);
    }
    BOOST_TEST(results == (std::vector<std::string>{"retried", "nothing done: it is dead",
                                                    "nothing done: it is parked",
                                                    "nothing done: there is no such delivery"}),
               boost::test_tools::per_element());
    check_whole(backend);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(R9_a_request_keeps_all_its_members, Backend, Backends) {
    Backend backend;
    bus::RequestRecord request = asking(monday);
    request.state = DeliveryState::parked;
    request.limit = 7;
    request.before = year_2099;
    request.part_of = 3;
    request.number = backend.store().ask(request);
    reopen(backend);
    BOOST_TEST((backend.store().requests(0, 1, false).at(0) == request));
    BOOST_TEST((backend.store().newest_requests(0, 1, false).at(0) == request));
    check_whole(backend);
}

BOOST_AUTO_TEST_SUITE_END()
