// The observers' signals behave as a user of Boost.Signals2 expects.
#include "test/support/bus_events.hpp"
#include <bus/bus.hpp>
#include <bus/observers.hpp>

#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>

using test::ping;

using Published = bus::ObserverSignal<const bus::DomainEvent&>;

BOOST_AUTO_TEST_SUITE(observers_signals)

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

BOOST_AUTO_TEST_CASE(a_tracked_slot_ends_with_its_object) {
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

BOOST_AUTO_TEST_CASE(scoped_connections_end_and_blocked_ones_pause) {
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

BOOST_AUTO_TEST_CASE(the_slots_of_each_form_of_connect_are_called_in_their_place) {
    bus::Bus bus;
    bus::Observers observers{bus};
    std::string seen;
    const auto plain = [&](char c) { return [&seen, c](const bus::DomainEvent&) { seen += c; }; };
    const auto extended = [&](char c) {
        return [&seen, c](const boost::signals2::connection& self, const bus::DomainEvent&) {
            seen += c;
            self.disconnect();
        };
    };
    using boost::signals2::at_front;
    observers.published.connect(1, plain('c'));
    observers.published.connect(1, plain('b'), at_front);
    observers.published.connect_extended(2, extended('e'));
    observers.published.connect_extended(2, extended('d'), at_front);
    observers.published.connect_extended(extended('f'));
    observers.published.connect_extended(extended('a'), at_front);
    bus.publish(ping("x"));
    BOOST_TEST(seen == "abcdef");
    bus.publish(ping("x"));
    BOOST_TEST(seen == "abcdefbc");
}

BOOST_AUTO_TEST_CASE(each_form_of_connect_alone_turns_the_watching_on) {
    const auto heard = [](auto connect) {
        bus::Bus bus;
        bus::Observers observers{bus};
        int count = 0;
        connect(observers.published, count);
        bus.publish(ping("x"));
        return count;
    };
    const auto plain = [](int& count) { return [&](const bus::DomainEvent&) { ++count; }; };
    const auto extended = [](int& count) {
        return [&](const boost::signals2::connection&, const bus::DomainEvent&) { ++count; };
    };
    BOOST_TEST(heard([&](Published& signal, int& count) { signal.connect(plain(count)); }) == 1);
    BOOST_TEST(heard([&](Published& signal, int& count) { signal.connect(3, plain(count)); }) == 1);
    BOOST_TEST(heard([&](Published& signal, int& count) {
                   signal.connect_extended(extended(count));
               }) == 1);
    BOOST_TEST(heard([&](Published& signal, int& count) {
                   signal.connect_extended(3, extended(count));
               }) == 1);
}

BOOST_AUTO_TEST_CASE(slots_are_disconnected_by_group_by_function_and_all_at_once) {
    static int heard = 0;

    struct Counter {
        static void count(const bus::DomainEvent&) { ++heard; }
    };

    heard = 0;
    bus::Bus bus;
    bus::Observers observers{bus};
    observers.published.connect(1, [](const auto&) { heard += 10; });
    observers.published.connect(&Counter::count);
    observers.published.connect([](const auto&) { heard += 100; });
    BOOST_TEST(observers.published.num_slots() == 3U);
    observers.published.disconnect(1);
    bus.publish(ping("x"));
    BOOST_TEST(heard == 101);
    observers.published.disconnect(&Counter::count);
    bus.publish(ping("x"));
    BOOST_TEST(heard == 201);
    observers.published.disconnect_all_slots();
    BOOST_TEST(observers.published.empty());
    bus.publish(ping("x"));
    BOOST_TEST(heard == 201);
}

BOOST_AUTO_TEST_CASE(a_slot_may_be_a_signal_of_the_host) {
    bus::Bus bus;
    bus::Observers observers{bus};
    int heard = 0;
    boost::signals2::signal<void(const bus::DomainEvent&)> own;
    own.connect([&](const auto&) { ++heard; });
    observers.published.connect(own);
    bus.publish(ping("x"));
    BOOST_TEST(heard == 1);
}

BOOST_AUTO_TEST_CASE(only_the_bus_emits_a_signal) {
    BOOST_TEST((!std::is_invocable_v<Published&, const bus::DomainEvent&>));
    BOOST_TEST((!std::is_convertible_v<Published*, boost::signals2::signal_base*>));
}

BOOST_AUTO_TEST_SUITE_END()
