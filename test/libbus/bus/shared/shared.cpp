// Event types across a shared library: one type, one index, on both sides.
#include "test/support/bus_events.hpp"
#include <bus/bus.hpp>
#include <bus/event/codec.hpp>

#include <boost/test/unit_test.hpp>
#include <dlfcn.h>

#include <string>

using test::ping;
using test::PingEvent;

namespace {

template <class F>
F* function(const char* name) {
    static void* const plugin = dlopen(LIBBUS_TEST_PLUGIN, RTLD_NOW | RTLD_LOCAL);
    BOOST_REQUIRE_MESSAGE(plugin != nullptr, dlerror());
    void* const found = dlsym(plugin, name);
    BOOST_REQUIRE_MESSAGE(found != nullptr, dlerror());
    return reinterpret_cast<F*>(found);
}

} // namespace

BOOST_AUTO_TEST_SUITE(shared)

BOOST_AUTO_TEST_CASE(a_type_is_the_same_one_in_a_plugin_and_indexes_stay_dense) {
    BOOST_TEST(function<const void*()>("plugin_ping_type")() == &bus::event_type<PingEvent>());
    const unsigned own = function<unsigned()>("plugin_own_index")();
    BOOST_TEST(own < bus::known_event_types().size());
    BOOST_TEST(bus::known_event_types()[own]->name() == "PluginLoadedEvent");
}

BOOST_AUTO_TEST_CASE(events_of_a_plugin_reach_the_host_even_if_the_host_does_not_know_their_type) {
    bus::Bus bus;
    std::string seen;
    const auto pings = bus.subscribe<PingEvent>(
        [&](const PingEvent& event) { seen += event.name + std::to_string(event.number) + ";"; });
    const auto all = bus.subscribe<bus::DomainEvent>([&](const bus::DomainEvent& event) {
        seen += std::string{event.event_type()} + bus::encode(event).data + ";";
    });
    function<void(bus::Bus*)>("plugin_publish")(&bus);
    BOOST_TEST(seen == "from the plugin7;PingEvent{\"name\":\"from the plugin\",\"number\":7};"
                       "PluginLoadedEvent{\"plugin\":\"small one\"};");
}

BOOST_AUTO_TEST_CASE(a_handler_of_a_plugin_receives_what_the_host_publishes) {
    bus::Bus bus;
    bus::Subscription subscription;
    int calls = 0;
    function<void(bus::Bus*, bus::Subscription*, int*)>("plugin_subscribe")(&bus, &subscription,
                                                                            &calls);
    bus.publish(ping("x", 8));
    subscription.unsubscribe();
    bus.publish(ping("x", 8));
    BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_SUITE_END()
