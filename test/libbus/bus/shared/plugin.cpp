// A plugin: a shared library with hidden symbols that brings its own copies of all templates, and
// finds libbus in the program that loads it.
#include "test/support/bus_events.hpp"
#include <bus/bus.hpp>

/// Known to the plugin alone.
struct PluginLoadedEvent : bus::Event<PluginLoadedEvent> {
    std::string plugin;
};
BUS_DESCRIBE_EVENT(PluginLoadedEvent, (plugin))

#define PLUGIN_EXPORT extern "C" __attribute__((visibility("default")))

PLUGIN_EXPORT const void* plugin_ping_type() {
    return &bus::event_type<test::PingEvent>();
}

PLUGIN_EXPORT unsigned plugin_own_index() {
    return bus::event_type<PluginLoadedEvent>().index();
}

PLUGIN_EXPORT void plugin_publish(bus::Bus* bus) {
    bus->publish(test::ping("from the plugin", 7));
    bus->publish(PluginLoadedEvent{{}, "small one"});
}

PLUGIN_EXPORT void plugin_subscribe(bus::Bus* bus, bus::Subscription* subscription, int* calls) {
    *subscription = bus->subscribe<test::PingEvent>(
        [calls](const test::PingEvent& event) { *calls += event.number == 8 ? 1 : 0; });
}
