// A bus notifies nobody while no slot is connected, and never leaves out a slot that is.
#include "test/support/bus_events.hpp"
#include <bus/bus.hpp>
#include <bus/dispatch/attention.hpp>
#include <bus/observers.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <thread>

using test::ping;

BOOST_AUTO_TEST_SUITE(observers_watching)

namespace {

/// Counts what it is asked and told.
class Meter final : public bus::ObserverSink {
public:
    std::atomic<bool> wants{false};
    std::atomic<int> asked{0};
    std::atomic<int> told{0};

    [[nodiscard]] bool wanted() noexcept override {
        ++asked;
        return wants;
    }

    void on_published(const bus::DomainEvent&) noexcept override { ++told; }

    void on_handled(const bus::DomainEvent&, std::string_view) noexcept override {}

    void on_failed(const bus::DomainEvent&, std::string_view,
                   const bus::Failure&) noexcept override {}

    void on_unhandled(const bus::DomainEvent&) noexcept override {}

    void on_dead_lettered(const bus::DomainEvent&, std::string_view,
                          const bus::Failure&) noexcept override {}

    void on_trouble(std::string_view) noexcept override {}
};

} // namespace

BOOST_AUTO_TEST_CASE(a_sink_that_is_not_wanted_is_not_asked_again_until_it_says_so) {
    bus::Bus bus;
    const auto meter = std::make_shared<Meter>();
    const auto to_watch = bus.set_observer_sink(meter);
    meter->asked = 0;
    bus.publish(ping("x"));
    BOOST_TEST(meter->asked == 0);
    meter->wants = true;
    bus.publish(ping("x"));
    BOOST_TEST(meter->told == 0);
    to_watch->watch();
    bus.publish(ping("x"));
    bus.publish(ping("x"));
    BOOST_TEST(meter->told == 2);
    meter->wants = false;
    bus.publish(ping("x"));
    BOOST_TEST(meter->told == 2);
    const int asked = meter->asked;
    bus.publish(ping("x"));
    BOOST_TEST(meter->asked == asked);
}

BOOST_AUTO_TEST_CASE(a_sink_that_is_always_wanted_is_notified_from_the_start) {
    bus::Bus bus;
    const auto meter = std::make_shared<Meter>();
    meter->wants = true;
    bus.set_observer_sink(meter);
    bus.publish(ping("x"));
    BOOST_TEST(meter->told == 1);
    bus.set_observer_sink({});
    bus.publish(ping("x"));
    BOOST_TEST(meter->told == 1);
}

BOOST_AUTO_TEST_CASE(the_switch_may_outlive_the_bus) {
    const auto meter = std::make_shared<Meter>();
    std::shared_ptr<bus::ObserverSwitch> to_watch;
    {
        bus::Bus bus;
        to_watch = bus.set_observer_sink(meter);
    }
    const int asked = meter->asked;
    meter->wants = true;
    to_watch->watch();
    BOOST_TEST(meter->asked == asked);
    BOOST_TEST(meter->told == 0);
}

BOOST_AUTO_TEST_CASE(slots_may_be_connected_after_the_bus_has_gone) {
    auto bus = std::make_unique<bus::Bus>();
    bus::Observers observers{*bus};
    bus.reset();
    const auto connection = observers.published.connect([](const auto&) {});
    BOOST_TEST(connection.connected());
}

BOOST_AUTO_TEST_CASE(slots_connected_after_all_others_have_gone_are_notified) {
    bus::Bus bus;
    bus::Observers observers{bus};
    int heard = 0;
    for (int round = 1; round <= 3; ++round) {
        {
            const boost::signals2::scoped_connection scoped =
                observers.published.connect([&](const auto&) { ++heard; });
            bus.publish(ping("x"));
        }
        bus.publish(ping("x"));
        bus.publish(ping("x"));
        BOOST_TEST(heard == round);
    }
}

BOOST_AUTO_TEST_CASE(a_slot_of_another_signal_keeps_the_watching_on) {
    bus::Bus bus;
    bus::Observers observers{bus};
    int unhandled = 0;
    observers.published.connect([](const auto&) {}).disconnect();
    observers.unhandled.connect([&](const auto&) { ++unhandled; });
    bus.publish(ping("x"));
    bus.publish(ping("x"));
    BOOST_TEST(unhandled == 2);
}

/// Rounds in which a slot is connected, must receive an event of its thread, and is disconnected.
/// Meanwhile other threads publish, find no slot, and turn the watching off.
BOOST_AUTO_TEST_CASE(a_slot_receives_the_next_event_while_other_threads_turn_the_watching_off) {
    constexpr int rounds = 5'000;
    bus::Bus bus;
    bus::Observers observers{bus};
    std::atomic<bool> publishing{true};
    std::array<std::thread, 2> publishers;
    for (std::thread& publisher : publishers) {
        publisher = std::thread{[&] {
            while (publishing) {
                bus.publish(test::pong("theirs"));
            }
        }};
    }
    int missed = 0;
    for (int round = 0; round < rounds; ++round) {
        bool heard = false; // written on this thread only
        const boost::signals2::scoped_connection scoped =
            observers.published.connect([&](const bus::DomainEvent& event) {
                if (bus::event_cast<test::PingEvent>(event) != nullptr) {
                    heard = true;
                }
            });
        bus.publish(ping("mine"));
        missed += heard ? 0 : 1;
    }
    publishing = false;
    for (std::thread& publisher : publishers) {
        publisher.join();
    }
    BOOST_TEST(missed == 0);
}

BOOST_AUTO_TEST_CASE(a_new_listener_is_not_missed_while_others_find_no_listener) {
    constexpr int rounds = 20'000;
    bus::detail::Attention attention;
    std::atomic<int> listeners{0};
    std::atomic<bool> telling{true};
    std::atomic<int> lost{0};
    std::array<std::thread, 2> tellers;
    for (std::thread& teller : tellers) {
        teller = std::thread{[&] {
            while (telling) {
                attention.listening([&] {
                    const bool any = listeners != 0;
                    std::this_thread::yield();
                    return any;
                });
            }
        }};
    }
    std::array<std::thread, 2> comers;
    for (std::thread& comer : comers) {
        comer = std::thread{[&] {
            for (int round = 0; round < rounds; ++round) {
                ++listeners;
                attention.listen();
                lost += attention.none() ? 1 : 0;
                if (round % 16 == 0) {
                    std::this_thread::yield();
                    lost += attention.none() ? 1 : 0;
                }
                --listeners;
            }
        }};
    }
    for (std::thread& comer : comers) {
        comer.join();
    }
    telling = false;
    for (std::thread& teller : tellers) {
        teller.join();
    }
    BOOST_TEST(lost == 0);
    attention.listening([] { return false; });
    BOOST_TEST(attention.none());
    attention.mind();
    BOOST_TEST(!attention.none());
    BOOST_TEST(!attention.listening([] { return true; }));
}

BOOST_AUTO_TEST_SUITE_END()
