#pragma once

#include "test/libbus/bus/event/plugins/plugin.hpp"

#include <memory>

namespace plugged {

/// What a plugin offers that was linked with a libbus of its own.
struct OwnCopy {
    bool shares_libbus; ///< after all, as libbus is a shared library
    /// What the plugin's code does with a bus of the program. Each throws.
    void (*publish)(bus::Bus& bus);
    void (*subscribe)(bus::Bus& bus);
    void (*add)(bus::Bus& bus);
    /// For the program's code to use.
    std::unique_ptr<bus::Agent> (*make_agent)();
    std::shared_ptr<const PluggedEvent> (*make_event)();
    /// What it does among itself; returns what its handler and its agent heard.
    std::string (*use_own_bus)();
    /// Its own bus gets an event of the program. Throws.
    void (*take)(const PluggedEvent& event);
};

} // namespace plugged
