#include "backends.hpp"

#include <boost/test/unit_test.hpp>

using namespace test;

namespace {

/// A store that overrides only what it must, so it counts with the functions of EventStore.
template <class Backend>
struct Plain {
    explicit Plain(Backend& backend) : store{backend.store()} {}

    std::uint64_t timers() { return store.bus::EventStore::count_timers(); }

    std::vector<bus::EventCount> events(bus::Position after) {
        return store.bus::EventStore::count_events(after);
    }

    std::vector<bus::WaitingCount> waiting(std::string_view agent) {
        return store.bus::EventStore::count_waiting(agent);
    }

    bus::EventStore& store;
};

bus::NewEvent of_type(std::uint64_t number, const std::string& type, std::uint32_t version) {
    bus::NewEvent made = event(number);
    made.record.event_type = type;
    made.record.event_version = version;
    return made;
}

bus::DeliveryRecord delivery(bus::Position position, bus::DeliveryState state,
                             bus::Timestamp due = {}) {
    return {.agent = "a", .position = position, .state = state, .due = due, .sequence = "s"};
}

} // namespace

BOOST_AUTO_TEST_SUITE(counts_of_a_store)

BOOST_AUTO_TEST_CASE_TEMPLATE(events_are_counted_by_type_and_version, Backend, Backends) {
    Backend backend;
    BOOST_TEST(backend.store().count_events(0).empty());
    bus::Part part;
    part.events = {of_type(1, "B", 1), of_type(2, "A", 2), of_type(3, "B", 1), of_type(4, "A", 1),
                   of_type(5, "B", 3)};
    commit(backend.store(), std::move(part));
    reopen(backend);
    bus::EventStore& store = backend.store();
    const std::vector<bus::EventCount> all{{"A", 1, 1}, {"A", 2, 1}, {"B", 1, 2}, {"B", 3, 1}};
    const std::vector<bus::EventCount> later{{"A", 1, 1}, {"B", 3, 1}};
    BOOST_TEST((store.count_events(0) == all));
    BOOST_TEST((store.count_events(3) == later));
    BOOST_TEST(store.count_events(5).empty());
    BOOST_TEST((Plain{backend}.events(0) == all));
    BOOST_TEST((Plain{backend}.events(3) == later));
    store.prune(3, 10);
    BOOST_TEST((store.count_events(0) == later));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(unfinished_events_of_an_agent_are_counted_by_type_and_version,
                              Backend, Backends) {
    Backend backend;
    using bus::DeliveryState;
    bus::Part part;
    for (std::uint64_t i = 1; i <= 8; ++i) {
        part.events.push_back(of_type(i, i <= 5 ? "A" : "B", i <= 3 ? 1 : 2));
    }
    commit(backend.store(), std::move(part));
    bus::Part agent;
    agent.agent = "a";
    agent.start = 0;
    agent.settled = {{1, 8}};
    agent.delivered = 7;
    agent.put_deliveries = {delivery(1, DeliveryState::deferred),
                            delivery(2, DeliveryState::parked),
                            delivery(3, DeliveryState::dead),
                            delivery(4, DeliveryState::deferred, bus::due_in_newer_program),
                            delivery(5, DeliveryState::parked),
                            delivery(6, DeliveryState::parked),
                            delivery(8, DeliveryState::dead)};
    commit(backend.store(), std::move(agent));
    reopen(backend);
    const std::vector<bus::WaitingCount> expected{
        {.event_type = "A", .event_version = 1, .deferred = 1, .parked = 1, .dead = 1},
        {.event_type = "A", .event_version = 2, .deferred = 1, .newer = 1, .parked = 1},
        {.event_type = "B", .event_version = 2, .parked = 1, .dead = 1}};
    BOOST_TEST((backend.store().count_waiting("a") == expected));
    BOOST_TEST((Plain{backend}.waiting("a") == expected));
    BOOST_TEST(backend.store().count_waiting("nobody").empty());
    BOOST_TEST((backend.store().delivery("a", 4)->due == bus::due_in_newer_program));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(timers_are_counted, Backend, Backends) {
    Backend backend;
    BOOST_TEST(backend.store().count_timers() == 0U);
    bus::Part part;
    for (std::uint64_t i = 1; i <= 1'001; ++i) {
        part.put_timers.push_back({.number = i,
                                   .due = bus::Timestamp{std::chrono::seconds{i % 7}},
                                   .event = event(i, "T").record});
    }
    commit(backend.store(), std::move(part));
    reopen(backend);
    BOOST_TEST(backend.store().count_timers() == 1'001U);
    BOOST_TEST(Plain{backend}.timers() == 1'001U);
    bus::Part erasing;
    erasing.erase_timers = {4};
    commit(backend.store(), std::move(erasing));
    BOOST_TEST(backend.store().count_timers() == 1'000U);
    BOOST_TEST(Plain{backend}.timers() == 1'000U);
}

BOOST_AUTO_TEST_SUITE_END()
