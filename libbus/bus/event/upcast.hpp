#pragma once

#include <bus/event/domain_event.hpp>

#include <boost/json/object.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace bus {

/// A change of a JSON object as one of its text; what the numbers do is said below.
std::function<std::string(std::string_view)>
json_upcaster(std::function<void(boost::json::object& data)> change);

/// Registers how the `data` object of version `version` of T becomes that of `version + 1`; an
/// older event goes through all upcasters in turn.
///
/// Numbers that the change leaves as they are keep their digits, `396.00` and twenty-digit ones
/// too, though a boost::json::value holds them in binary; a number that is computed anew does not.
/// Where two numbers of one event are equal in binary and spelt differently, they must stay in
/// order. Adding a member to a boost::json::object moves those there are: copy a value out before
/// you give it a new name. What the change throws becomes a CodecError for whoever reads the event.
/// Throws as set_upcaster.
void upcast(const EventType& type, std::uint32_t version,
            std::function<void(boost::json::object& data)> change);

/// The same, for an event struct: `bus::upcast<OrderCreatedEvent>(1, [](auto& data) { ... })`.
template <EventStruct T>
void upcast(std::uint32_t version, std::function<void(boost::json::object& data)> change) {
    upcast(event_type<T>(), version, std::move(change));
}

} // namespace bus
