#pragma once

#include <bus/agent/state_version.hpp>
#include <bus/event/upcast.hpp>

namespace bus {

/// Registers how a state of type T is converted from this version to the next. The rules of
/// bus::upcast for numbers apply here too. T must be kept as a JSON object. Call it at start-up,
/// before agents run. Throws std::logic_error if the version is not below state_version<T>, or has
/// an upcaster already.
template <class T>
void upcast_state(std::uint32_t version, std::function<void(boost::json::object& state)> change) {
    detail::add_state_upcaster(detail::state_upcasters<T>(), version, state_version<T>,
                               json_upcaster(std::move(change)));
}

} // namespace bus
