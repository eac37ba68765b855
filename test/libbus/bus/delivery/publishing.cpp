// The promises of a publish into a store: S5, S6, durability, records, posts.
#include "test/libbus/bus/delivery/stored_world.hpp"
#include <bus/observers.hpp>

#include <stdexcept>

using test::echo;
using test::ping;
using test::PingEvent;
using test::pong;
using test::PongEvent;

BOOST_FIXTURE_TEST_SUITE(publishing, test::StoredWorld)

BOOST_AUTO_TEST_CASE(a_publish_returns_the_position_and_handlers_find_the_event_in_the_store) {
    bool found = false;
    const auto handler = bus->subscribe<PingEvent>(
        [&](const PingEvent& event) { found = store->find(event.event_id).has_value(); });
    BOOST_TEST(bus->publish(ping("x")).position == 1U);
    BOOST_TEST(bus->publish(ping("x")).position == 2U);
    BOOST_TEST(found);
}

BOOST_AUTO_TEST_CASE(S5_the_same_event_twice_is_stored_and_handled_once) {
    int handled = 0;
    const auto handler = bus->subscribe<PingEvent>([&](const PingEvent&) { ++handled; });
    bus->add(echo());
    const PingEvent event = ping("x", 1);
    const bus::PublishReport first = bus->publish(event);
    const bus::PublishReport second = bus->publish(event);
    BOOST_TEST(!first.duplicate);
    BOOST_TEST(second.duplicate);
    BOOST_TEST(second.position == first.position);
    BOOST_TEST(bus->post(event).wait() == first.position);
    bus->wait_idle();
    BOOST_TEST(handled == 1);
    BOOST_TEST(numbers<PongEvent>().size() == 1U);
}

BOOST_AUTO_TEST_CASE(S5_the_same_id_with_other_content_is_an_error) {
    PingEvent event = ping("x", 1);
    bus->publish(event);
    event.number = 2;
    BOOST_CHECK_THROW(bus->publish(event), bus::IdConflict);
    BOOST_CHECK_THROW(bus->post(event).wait(), bus::IdConflict);
    BOOST_TEST(log().size() == 1U);
}

BOOST_AUTO_TEST_CASE(S6_an_expected_version_that_does_not_hold_is_an_error_with_both_versions) {
    bus->publish(ping("a"), {.expected_version = 0});
    bus->publish(ping("b"), {.expected_version = 0}); // another stream
    bus->publish(ping("a"), {.expected_version = 1});
    int handled = 0;
    const auto handler = bus->subscribe<PingEvent>([&](const PingEvent&) { ++handled; });
    BOOST_CHECK_EXCEPTION(bus->publish(ping("a"), {.expected_version = 1}), bus::VersionConflict,
                          [](const bus::VersionConflict& conflict) {
                              return conflict.expected() == 1 && conflict.actual() == 2;
                          });
    BOOST_TEST(handled == 0);
    BOOST_TEST(log().size() == 3U);
}

BOOST_AUTO_TEST_CASE(S6_if_two_posts_expect_the_same_version_at_once_one_wins) {
    bus::Ticket one = bus->post(ping("a", 1), {.expected_version = 0});
    bus::Ticket two = bus->post(ping("a", 2), {.expected_version = 0}); // in the same commit
    BOOST_TEST(one.wait() == 1U);
    BOOST_CHECK_THROW(two.wait(), bus::VersionConflict);
    BOOST_TEST(log().size() == 1U);
}

BOOST_AUTO_TEST_CASE(buffered_events_are_kept_and_transient_ones_are_not) {
    int handled = 0;
    const auto handler =
        bus->subscribe<bus::DomainEvent>([&](const bus::DomainEvent&) { ++handled; });
    BOOST_TEST(bus->publish(test::BufferedEvent{}).position == 1U);
    BOOST_TEST(bus->publish(test::TransientEvent{}).position == 0U);
    BOOST_TEST(bus->post(test::TransientEvent{}).wait() == 0U);
    bus->wait_idle();
    BOOST_TEST(handled == 3);
    BOOST_TEST(log().size() == 1U);
    BOOST_CHECK_THROW(bus->publish(test::TransientEvent{}, {.expected_version = 0}),
                      std::logic_error);
}

BOOST_AUTO_TEST_CASE(an_agent_for_a_transient_type_is_refused_on_a_store) {
    auto agent = test::scripted("hopeful");
    agent->handles<test::TransientEvent>([](const test::TransientEvent&, bus::Context&) {});
    BOOST_CHECK_EXCEPTION(bus->add(std::move(agent)), std::invalid_argument,
                          [](const std::invalid_argument& error) {
                              const std::string what = error.what();
                              return what.find("hopeful") != std::string::npos &&
                                     what.find("TransientEvent") != std::string::npos;
                          });
}

BOOST_AUTO_TEST_CASE(an_event_of_an_unknown_type_is_kept_whole_and_skipped) {
    bus->add(echo());
    bus::EventRecord record = bus::encode(ping("x", 1));
    record.event_type = "SomethingElseEvent";
    record.data = R"({"colour":"green","of":{"what":[1,2,3]}})";
    BOOST_TEST(bus->publish(record).position == 1U);
    BOOST_TEST(bus->publish(record).duplicate);
    bus->publish(ping("x", 2));
    bus->wait_idle();
    BOOST_TEST((log().front().record == record));
    BOOST_TEST(numbers<PongEvent>() == test::range(2, 2), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_record_of_a_known_type_reaches_its_agents) {
    bus->add(echo());
    bus->publish(bus::encode(ping("x", 7)));
    bus->wait_idle();
    BOOST_TEST(numbers<PongEvent>() == test::range(7, 7), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_record_needs_a_store) {
    bus::Bus without{{runtime, nullptr}};
    BOOST_CHECK_THROW(without.publish(bus::encode(ping("x"))), std::logic_error);
}

BOOST_AUTO_TEST_CASE(a_post_returns_before_the_commit_and_its_handlers_run_after_it) {
    int handled = 0;
    const auto handler = bus->subscribe<PingEvent>([&](const PingEvent& event) {
        ++handled;
        BOOST_TEST(store->find(event.event_id).has_value());
    });
    bus::Ticket ticket = bus->post(ping("x"));
    BOOST_TEST(!ticket.poll());
    BOOST_TEST(log().empty());
    bus->wait_idle();
    BOOST_TEST(ticket.poll().value() == 1U);
    BOOST_TEST(handled == 1);
}

BOOST_AUTO_TEST_CASE(a_ticket_may_outlive_its_bus) {
    std::optional<bus::Ticket> ticket;
    {
        bus::Bus live{{nullptr, std::make_shared<bus::MemoryStore>()}};
        ticket = live.post(ping("x"));
    }
    BOOST_TEST(ticket->wait() == 1U);
}

BOOST_AUTO_TEST_CASE(A14_an_emission_that_nobody_handles_is_unhandled) {
    bus::Observers observers{*bus};
    std::vector<std::string> unhandled;
    observers.unhandled.connect(
        [&](const bus::DomainEvent& event) { unhandled.emplace_back(event.event_type()); });
    bus->add(echo());
    bus->publish(ping("x"));
    bus->wait_idle();
    BOOST_TEST(unhandled.size() == 1U);
    BOOST_TEST(unhandled.front() == "PongEvent");
}

BOOST_AUTO_TEST_CASE(A14_on_a_store_an_event_that_a_filter_rejects_is_not_unhandled) {
    bus::Observers observers{*bus};
    int unhandled = 0;
    observers.unhandled.connect([&](const bus::DomainEvent&) { ++unhandled; });
    const auto handler =
        bus->subscribe<PongEvent>([](const PongEvent&) {}, [](const PongEvent&) { return false; });
    bus->publish(pong("published"));
    bus->post(pong("posted"));
    bus->wait_idle();
    BOOST_TEST(unhandled == 0);
    bus->post(ping("posted"));
    bus->wait_idle();
    BOOST_TEST(unhandled == 1);
}

BOOST_AUTO_TEST_CASE(a_plain_handler_may_publish_into_the_store) {
    const auto handler = bus->subscribe<PingEvent>(
        [&](const PingEvent& event) { bus->publish(pong("x", event.number)); });
    bus->publish(ping("x", 1));
    bus->post(ping("x", 2));
    bus->wait_idle();
    BOOST_TEST(numbers<PongEvent>() == test::range(1, 2), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
