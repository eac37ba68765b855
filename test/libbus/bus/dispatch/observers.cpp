// D21, and what a user of Boost.Signals2 expects of its signals.
#include "test/support/bus_events.hpp"
#include <bus/bus.hpp>
#include <bus/dispatch/observers.hpp>

#include <boost/test/unit_test.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using test::ping;
using test::PingEvent;

BOOST_AUTO_TEST_SUITE(observers)

BOOST_AUTO_TEST_CASE(D21_observers_see_published_handled_failed_and_unhandled) {
    bus::Bus bus;
    bus::Observers observers{bus};
    std::vector<std::string> seen;
    const auto name = [](const bus::DomainEvent& event) { return std::string{event.event_type()}; };
    observers.published.connect([&](const auto& e) { seen.push_back("published " + name(e)); });
    observers.handled.connect([&](const auto& e, std::string_view by) {
        seen.push_back("handled " + name(e) + " by '" + std::string{by} + "'");
    });
    observers.failed.connect([&](const auto& e, std::string_view, const bus::Failure& failure) {
        seen.push_back("failed " + name(e) + ": " + failure.what());
    });
    observers.unhandled.connect([&](const auto& e) { seen.push_back("unhandled " + name(e)); });
    const auto good = bus.subscribe<PingEvent>([](const PingEvent&) {});
    const auto bad = bus.subscribe<PingEvent>(
        [](const PingEvent&) { throw std::runtime_error{"out of order"}; });
    bus.publish(ping("a"));
    bus.publish(test::pong("a"));
    const std::vector<std::string> expected{"published PingEvent", "handled PingEvent by ''",
                                            "failed PingEvent: out of order", "published PongEvent",
                                            "unhandled PongEvent"};
    BOOST_TEST(seen == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(D21_a_slot_that_throws_changes_nothing_and_the_other_slots_run) {
    bus::Bus bus;
    bus::Observers observers{bus};
    std::string seen;
    std::vector<std::string> troubles;
    observers.published.connect([&](const auto&) {
        seen += 'a';
        throw std::runtime_error{"broken gauge"};
    });
    observers.published.connect([&](const auto&) { seen += 'b'; });
    observers.published.connect([&](const auto&) {
        seen += 'c';
        throw 42; // NOLINT: no std::exception, on purpose
    });
    observers.trouble.connect([&](std::string_view what) { troubles.emplace_back(what); });
    int handled = 0;
    const auto handler = bus.subscribe<PingEvent>([&](const PingEvent&) { ++handled; });
    const bus::PublishReport report = bus.publish(ping("x"));
    BOOST_TEST(seen == "abc");
    BOOST_TEST(handled == 1);
    BOOST_TEST(report.handlers.failures.empty());
    BOOST_REQUIRE(troubles.size() == 2U);
    BOOST_TEST(troubles[0] == "a slot of the observers' signal published threw: broken gauge");
}

BOOST_AUTO_TEST_CASE(D21_a_slot_of_trouble_that_throws_is_not_told_to_trouble) {
    bus::Bus bus;
    bus::Observers observers{bus};
    int told = 0;
    observers.trouble.connect([&](std::string_view) {
        ++told;
        throw std::runtime_error{"more trouble"};
    });
    observers.published.connect([](const auto&) { throw std::runtime_error{"trouble"}; });
    bus.publish(ping("x"));
    BOOST_TEST(told == 1);
}

BOOST_AUTO_TEST_CASE(groups_set_the_order_of_slots) {
    bus::Bus bus;
    bus::Observers observers{bus};
    std::string seen;
    observers.published.connect(2, [&](const auto&) { seen += '2'; });
    observers.published.connect([&](const auto&) { seen += 'l'; });
    observers.published.connect(1, [&](const auto&) { seen += '1'; });
    observers.published.connect([&](const auto&) { seen += 'f'; }, boost::signals2::at_front);
    bus.publish(ping("x"));
    BOOST_TEST(seen == "f12l");
}

BOOST_AUTO_TEST_CASE(a_tracked_slot_goes_with_its_object) {
    bus::Bus bus;
    bus::Observers observers{bus};
    using Slot = bus::ObserverSignal<const bus::DomainEvent&>::slot_type;
    auto count = std::make_shared<int>(0);
    const std::weak_ptr<int> watched = count;
    observers.published.connect(Slot{[counter = count.get()](const bus::DomainEvent&) {
                                    ++*counter;
                                }}.track_foreign(count));
    bus.publish(ping("x"));
    BOOST_TEST(*count == 1);
    count.reset();
    bus.publish(ping("x"));
    BOOST_TEST(watched.expired());
    BOOST_TEST(observers.published.empty());
}

BOOST_AUTO_TEST_CASE(scoped_connections_end_and_blocked_ones_rest) {
    bus::Bus bus;
    bus::Observers observers{bus};
    int seen = 0;
    const auto connection = observers.published.connect([&](const auto&) { ++seen; });
    {
        const boost::signals2::scoped_connection scoped =
            observers.published.connect([&](const auto&) { seen += 100; });
        const boost::signals2::shared_connection_block block{connection};
        bus.publish(ping("x"));
        BOOST_TEST(seen == 100);
    }
    bus.publish(ping("x"));
    BOOST_TEST(seen == 101);
}

BOOST_AUTO_TEST_CASE(a_slot_may_connect_disconnect_and_publish) {
    bus::Bus bus;
    bus::Observers observers{bus};
    std::vector<std::string> seen;
    boost::signals2::connection self;
    self = observers.published.connect([&](const bus::DomainEvent& event) {
        seen.emplace_back(event.event_type());
        self.disconnect();
        observers.published.connect([&](const bus::DomainEvent& e) {
            seen.push_back("late " + std::string{e.event_type()});
        });
        bus.publish(test::pong("from a slot"));
    });
    bus.publish(ping("x"));
    const std::vector<std::string> expected{"PingEvent", "late PongEvent"};
    BOOST_TEST(seen == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
