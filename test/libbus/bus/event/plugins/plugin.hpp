#pragma once

#include <bus/bus.hpp>

#include <cstdint>
#include <string>

/// Shared by the program and its plugins.
namespace plugged {

struct PluggedEvent : bus::Event<PluggedEvent> {
    std::string text;
    std::int32_t number = 0;
};
BUS_DESCRIBE_EVENT(PluggedEvent, (text, number))

/// The functions of a plugin.
struct Plugin {
    const bus::EventType& (*shared_type)(); ///< of PluggedEvent
    const bus::EventType& (*own_type)();    ///< of a struct whose name the other plugin uses too
    const bus::EventType& (*hidden_type)(); ///< of one in an unnamed namespace
    void (*publish)(bus::Bus& bus);         ///< a PluggedEvent
    void (*publish_own)(bus::Bus& bus);
};

} // namespace plugged
