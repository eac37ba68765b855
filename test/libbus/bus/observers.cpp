// D21: the notifications of observers.
#include "test/support/bus_events.hpp"
#include "test/support/scripted_agent.hpp"
#include <bus/bus.hpp>
#include <bus/observers.hpp>

#include <boost/test/unit_test.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using test::ping;
using test::PingEvent;
using test::PongEvent;

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

BOOST_AUTO_TEST_CASE(
    A14_an_event_that_a_filter_or_a_block_keeps_from_its_handler_is_not_unhandled) {
    bus::Bus bus;
    bus::Observers observers{bus};
    int unhandled = 0;
    observers.unhandled.connect([&](const auto&) { ++unhandled; });
    const auto choosy = bus.subscribe<PingEvent>(
        [](const PingEvent&) {}, [](const PingEvent& event) { return event.number == 1; });
    auto quiet = bus.subscribe<PongEvent>([](const PongEvent&) {});
    const auto block = quiet.block();
    BOOST_TEST(bus.publish(ping("x")).handlers.handled == 0U);
    BOOST_TEST(bus.publish(test::pong("x")).handlers.handled == 0U);
    BOOST_TEST(unhandled == 0);
}

BOOST_AUTO_TEST_CASE(A14_an_event_whose_handler_ended_in_its_dispatch_is_not_unhandled) {
    bus::Bus bus;
    bus::Observers observers{bus};
    int unhandled = 0;
    observers.unhandled.connect([&](const auto&) { ++unhandled; });
    bus::Subscription self;
    self = bus.subscribe<PingEvent>([](const PingEvent&) {},
                                    [&](const PingEvent&) {
                                        self.unsubscribe();
                                        return true;
                                    });
    BOOST_TEST(bus.publish(ping("x")).handlers.handled == 0U);
    BOOST_TEST(unhandled == 0);
    bus.publish(ping("x"));
    BOOST_TEST(unhandled == 1);
}

BOOST_AUTO_TEST_CASE(A14_an_event_whose_only_handler_has_ended_by_itself_is_unhandled) {
    bus::Bus bus;
    bus::Observers observers{bus};
    int unhandled = 0;
    observers.unhandled.connect([&](const auto&) { ++unhandled; });
    auto object = std::make_shared<int>(1);
    const auto tied = bus.subscribe<PingEvent>([](const PingEvent&) {}, {.tied_to = object});
    object.reset(); // no dispatch has noticed this yet
    bus.publish(ping("x"));
    BOOST_TEST(unhandled == 1);
    const auto once = bus.subscribe<PongEvent>(
        [&](const PongEvent& event) {
            if (event.number == 0) {
                bus.publish(test::pong("x", 1)); // it is used up, and still in the snapshot
            }
        },
        {.once = true});
    bus.publish(test::pong("x"));
    BOOST_TEST(unhandled == 2);
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

BOOST_AUTO_TEST_CASE(D21_a_slot_of_trouble_that_throws_is_not_reported_to_trouble) {
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

BOOST_AUTO_TEST_CASE(subscribed_and_unsubscribed_describe_the_handler) {
    bus::Bus bus;
    bus::Observers observers{bus};
    std::vector<std::string> seen;
    const auto note = [&seen](std::string what) {
        return [&seen, what](const bus::HandlerDescription& handler) {
            seen.push_back(what + " '" + handler.name + "' to " +
                           std::string{handler.type->name()} + " at " +
                           std::to_string(handler.priority));
        };
    };
    observers.subscribed.connect(note("subscribed"));
    observers.unsubscribed.connect(note("unsubscribed"));
    auto named =
        bus.subscribe<PingEvent>([](const PingEvent&) {}, {.priority = 7, .name = "counter"});
    {
        const auto scoped = bus.subscribe<bus::DomainEvent>([](const bus::DomainEvent&) {});
    }
    named.unsubscribe();
    named.unsubscribe(); // the second one has nothing to end
    const std::vector<std::string> expected{
        "subscribed 'counter' to PingEvent at 7", "subscribed '' to DomainEvent at 0",
        "unsubscribed '' to DomainEvent at 0", "unsubscribed 'counter' to PingEvent at 7"};
    BOOST_TEST(seen == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_subscription_that_ends_by_itself_is_reported_once) {
    bus::Bus bus;
    bus::Observers observers{bus};
    int began = 0;
    int ended = 0;
    observers.subscribed.connect([&](const auto&) { ++began; });
    observers.unsubscribed.connect([&](const auto&) { ++ended; });
    auto tie = std::make_shared<int>(1);
    bus::SubscribeOptions tied;
    tied.tied_to = tie;
    const auto first = bus.subscribe<PingEvent>([](const PingEvent&) {}, {.once = true});
    const auto second = bus.subscribe<PingEvent>([](const PingEvent&) {}, tied);
    bus.publish(ping("x"));
    BOOST_TEST(ended == 1);
    tie.reset();
    bus.publish(ping("x"));
    BOOST_TEST(ended == 2);
    const auto third = bus.subscribe<PingEvent>([](const PingEvent&) {}, tied); // has no object
    BOOST_TEST(!third.active());
    BOOST_TEST(began == 2);
    BOOST_TEST(ended == 2);
}

BOOST_AUTO_TEST_CASE(the_end_of_the_bus_is_not_reported_as_the_end_of_its_subscriptions) {
    auto bus = std::make_unique<bus::Bus>();
    bus::Observers observers{*bus};
    int ended = 0;
    observers.unsubscribed.connect([&](const auto&) { ++ended; });
    auto subscription = bus->subscribe<PingEvent>([](const PingEvent&) {});
    bus.reset();
    subscription.unsubscribe();
    BOOST_TEST(ended == 0);
}

BOOST_AUTO_TEST_CASE(a_slot_of_subscribed_may_subscribe_and_one_of_unsubscribed_publish) {
    bus::Bus bus;
    bus::Observers observers{bus};
    std::vector<bus::Subscription> more;
    int handled = 0;
    const auto connection = observers.subscribed.connect_extended(
        [&](const boost::signals2::connection& self, const bus::HandlerDescription&) {
            self.disconnect();
            more.push_back(bus.subscribe<PingEvent>([&](const PingEvent&) { ++handled; }));
        });
    observers.unsubscribed.connect(
        [&](const bus::HandlerDescription&) { bus.publish(ping("from a slot")); });
    bus.subscribe<PingEvent>([&](const PingEvent&) { handled += 100; }).unsubscribe();
    BOOST_TEST(!connection.connected());
    BOOST_TEST(handled == 1);
}

BOOST_AUTO_TEST_CASE(agents_that_are_added_are_reported_by_name) {
    bus::Bus bus;
    bus::Observers observers{bus};
    std::vector<std::string> seen;
    observers.agent_added.connect([&](std::string_view name) { seen.emplace_back(name); });
    bus.add(test::scripted("choosy"));
    bus.add(test::scripted("humble"));
    const std::vector<std::string> expected{"choosy", "humble"};
    BOOST_TEST(seen == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
