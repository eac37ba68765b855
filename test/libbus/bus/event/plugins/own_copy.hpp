#pragma once

#include "test/libbus/bus/event/plugins/plugin.hpp"

#include <memory>

namespace plugged {

/// The functions of a plugin that was linked with its own copy of libbus.
struct OwnCopy {
    bool shares_libbus; ///< it shares the program's libbus after all, because that is a shared
                        ///< library
    /// The plugin's code uses a bus of the program. Each throws.
    void (*publish)(bus::Bus& bus);
    void (*subscribe)(bus::Bus& bus);
    void (*add)(bus::Bus& bus);
    /// The program's code uses objects of the plugin.
    std::unique_ptr<bus::Agent> (*make_agent)();
    std::shared_ptr<const PluggedEvent> (*make_event)();
    /// The plugin uses its own bus; returns what its handler and its agent received.
    std::string (*use_own_bus)();
    /// Publishes an event of the program to the plugin's bus. Throws.
    void (*take)(const PluggedEvent& event);
};

} // namespace plugged
