// Observers that are created and destroyed: before the bus, after it, in a slot, and while other
// threads publish.
#include "test/support/bus_events.hpp"
#include <bus/bus.hpp>
#include <bus/observers.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <latch>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>

using test::ping;

BOOST_AUTO_TEST_SUITE(observers_lifetime)

BOOST_AUTO_TEST_CASE(a_second_watcher_is_refused_until_the_first_one_has_gone) {
    bus::Bus bus;
    std::optional<bus::Observers> first{std::in_place, bus};
    BOOST_CHECK_THROW(bus::Observers{bus}, std::logic_error);
    first.reset();
    bus::Observers second{bus};
    int seen = 0;
    second.published.connect([&](const auto&) { ++seen; });
    bus.publish(ping("x"));
    BOOST_TEST(seen == 1);
}

BOOST_AUTO_TEST_CASE(a_bus_goes_on_when_its_observers_have_gone) {
    bus::Bus bus;
    int seen = 0;
    {
        bus::Observers observers{bus};
        observers.published.connect([&](const auto&) { ++seen; });
        bus.publish(ping("x"));
    }
    bus.publish(ping("x"));
    BOOST_TEST(seen == 1);
}

BOOST_AUTO_TEST_CASE(observers_may_outlive_their_bus) {
    auto bus = std::make_unique<bus::Bus>();
    bus::Observers observers{*bus};
    bus.reset();
    BOOST_TEST(observers.published.empty());
}

BOOST_AUTO_TEST_CASE(a_slot_may_destroy_the_observers_and_later_slots_are_skipped) {
    bus::Bus bus;
    auto observers = std::make_unique<bus::Observers>(bus);
    int later = 0;
    observers->published.connect([&](const auto&) { observers.reset(); });
    observers->published.connect([&](const auto&) { ++later; });
    bus.publish(ping("x"));
    BOOST_TEST(later == 0);
    BOOST_TEST(!observers);
    bus.publish(ping("x"));
}

BOOST_AUTO_TEST_CASE(destroying_observers_waits_for_a_slot_that_runs_on_another_thread) {
    bus::Bus bus;
    std::optional<bus::Observers> observers{std::in_place, bus};
    std::latch entered{1};
    std::atomic<bool> gone{false};
    bool gone_while_running = false;
    boost::signals2::connection slot;
    slot = observers->published.connect([&](const auto&) {
        entered.count_down();
        // When the destructor has disconnected this slot, the destruction has begun. A destructor
        // that did not wait would end a moment later.
        constexpr int moments = 200;
        for (int left = moments; left > 0 && !gone; left -= slot.connected() ? 0 : 1) {
            std::this_thread::yield();
        }
        gone_while_running = gone;
    });
    std::thread publisher{[&] { bus.publish(ping("x")); }};
    entered.wait();
    std::thread ender{[&] {
        observers.reset();
        gone = true;
    }};
    ender.join();
    publisher.join();
    BOOST_TEST(!gone_while_running);
}

BOOST_AUTO_TEST_CASE(observers_come_and_go_while_other_threads_publish) {
    bus::Bus bus;
    std::atomic<bool> publishing{true};
    std::thread publisher{[&] {
        while (publishing) {
            bus.publish(ping("x"));
        }
    }};

    struct Round {
        std::atomic<bool> told{false};
        std::atomic<bool> over{false};
    };

    std::array<Round, 300> all; // they must outlive a slot that runs too late
    std::atomic<std::size_t> too_late{0};
    for (Round& round : all) {
        {
            bus::Observers observers{bus};
            observers.published.connect([&](const auto&) {
                round.told = true;
                std::this_thread::yield(); // the observers are destroyed meanwhile
                too_late += round.over ? 1U : 0U;
            });
            while (!round.told) { // each of them receives what the other thread publishes
                std::this_thread::yield();
            }
        }
        round.over = true;
    }
    publishing = false;
    publisher.join();
    BOOST_TEST(too_late == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
