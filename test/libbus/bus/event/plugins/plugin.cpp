#include "test/libbus/bus/event/plugins/plugin.hpp"

namespace plugged {

/// Each plugin has one of its own: PLUGIN_MEMBER is of another type.
struct OwnEvent : bus::Event<OwnEvent> {
    PLUGIN_MEMBER member{};
};
BUS_DESCRIBE_EVENT(OwnEvent, (member), bus::wire_name(PLUGIN_NAME ".OwnEvent"))

namespace {

struct HiddenEvent : bus::Event<HiddenEvent> {
    std::int32_t number = 0;
};
BUS_DESCRIBE_EVENT(HiddenEvent, (number), bus::wire_name(PLUGIN_NAME ".HiddenEvent"))

} // namespace

} // namespace plugged

extern "C" [[gnu::visibility("default")]] const plugged::Plugin plugin;

const plugged::Plugin plugin{
    []() -> const bus::EventType& { return bus::event_type<plugged::PluggedEvent>(); },
    []() -> const bus::EventType& { return plugged::OwnEvent{}.type(); },
    []() -> const bus::EventType& { return bus::event_type<plugged::HiddenEvent>(); },
    [](bus::Bus& bus) {
        bus.publish(plugged::PluggedEvent{{}, PLUGIN_NAME, 1});
    },
    [](bus::Bus& bus) { bus.publish(plugged::OwnEvent{}); }};
