#include "backends.hpp"

#include <boost/test/unit_test.hpp>

using namespace test;

namespace {

bus::Timestamp at(std::int64_t seconds) {
    return bus::Timestamp{std::chrono::seconds{seconds}};
}

bus::TimerRecord timer(std::uint64_t number, std::int64_t due, const std::string& agent = "") {
    bus::EventRecord record = event(1'000 + number, "T").record;
    record.event_version = 3;
    record.causation_id = id(number);
    return {.number = number, .agent = agent, .due = at(due), .event = record};
}

bus::Part putting(std::vector<bus::TimerRecord> timers) {
    bus::Part part;
    part.put_timers = std::move(timers);
    return part;
}

std::vector<std::uint64_t> numbers(const std::vector<bus::TimerRecord>& timers) {
    std::vector<std::uint64_t> result;
    for (const bus::TimerRecord& one : timers) {
        result.push_back(one.number);
    }
    return result;
}

using Numbers = std::vector<std::uint64_t>;

} // namespace

BOOST_AUTO_TEST_SUITE(timers_in_a_store)

BOOST_AUTO_TEST_CASE_TEMPLATE(timers_are_read_in_pages_by_due_time_and_number, Backend, Backends) {
    Backend backend;
    BOOST_TEST(backend.store().timers(bus::Timestamp::min(), 0, 10).empty());
    BOOST_TEST(backend.store().last_timer() == 0U);
    commit(backend.store(), putting({timer(1, 50), timer(2, 20, "worker"), timer(3, 20),
                                     timer(4, -7), timer(5, 90)}));
    reopen(backend);
    bus::EventStore& store = backend.store();
    const auto all = store.timers(bus::Timestamp::min(), 0, 10);
    BOOST_TEST(numbers(all) == (Numbers{4, 2, 3, 1, 5}));
    BOOST_TEST((all[1] == timer(2, 20, "worker")));
    BOOST_TEST((all[2] == timer(3, 20)));
    BOOST_TEST(numbers(store.timers(bus::Timestamp::min(), 0, 2)) == (Numbers{4, 2}));
    BOOST_TEST(numbers(store.timers(at(20), 2, 2)) == (Numbers{3, 1}));
    BOOST_TEST(numbers(store.timers(at(50), 1, 2)) == (Numbers{5}));
    BOOST_TEST(numbers(store.timers(at(90), 5, 2)) == Numbers{});
    BOOST_TEST(store.last_timer() == 5U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_timer_fires_once_with_the_event_of_its_part, Backend, Backends) {
    Backend backend;
    commit(backend.store(), putting({timer(1, 10), timer(2, 10)}));
    bus::Part firing = part({{.record = timer(1, 10).event}});
    firing.fires = 1;
    BOOST_TEST(!commit(backend.store(), firing).error);
    BOOST_TEST(backend.store().last_position() == 1U);
    reopen(backend);
    bus::Part again = part({event(77)});
    again.fires = 1;
    BOOST_TEST(
        contains(message_of<bus::TimerGone>(commit(backend.store(), again).error), "timer 1 "));
    BOOST_TEST(backend.store().last_position() == 1U);
    // Also in one commit, even if the timer was cancelled there.
    bus::Part second = part({event(3)});
    second.fires = 2;
    bus::Part cancel;
    cancel.erase_timers = {2, 99};
    const auto results = backend.store().commit(std::vector{cancel, second, second}, true);
    BOOST_TEST(!results[0].error);
    BOOST_TEST(message_of<bus::TimerGone>(results[1].error) != "");
    BOOST_TEST(message_of<bus::TimerGone>(results[2].error) != "");
    BOOST_TEST(backend.store().timers(bus::Timestamp::min(), 0, 10).empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_timer_of_a_part_that_fails_is_still_there, Backend, Backends) {
    Backend backend;
    commit(backend.store(), putting({timer(1, 10)}));
    bus::Part conflicting = part({event(1)});
    conflicting.events[0].expected_version = 5;
    conflicting.fires = 1;
    BOOST_TEST(!!commit(backend.store(), conflicting).error);
    BOOST_TEST(backend.store().timers(bus::Timestamp::min(), 0, 10).size() == 1U);
    conflicting.events[0].expected_version = 0;
    BOOST_TEST(!commit(backend.store(), conflicting).error);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_part_may_cancel_what_it_schedules, Backend, Backends) {
    Backend backend;
    bus::Part part = putting({timer(1, 10), timer(2, 20)});
    part.erase_timers = {2};
    commit(backend.store(), part);
    BOOST_TEST(numbers(backend.store().timers(bus::Timestamp::min(), 0, 10)) == (Numbers{1}));
    BOOST_TEST(backend.store().last_timer() == 2U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_last_number_of_a_timer_never_goes_back, Backend, Backends) {
    Backend backend;
    commit(backend.store(), putting({timer(8, 10)}));
    commit(backend.store(), putting({timer(5, 10)}));
    bus::Part cancel;
    cancel.erase_timers = {8, 5};
    commit(backend.store(), cancel);
    reopen(backend);
    BOOST_TEST(backend.store().last_timer() == 8U);
    BOOST_TEST(contains(
        message_of<std::invalid_argument>(commit(backend.store(), putting({timer(0, 1)})).error),
        "without a number"));
}

BOOST_AUTO_TEST_SUITE_END()
