#pragma once

#include <bus/event/domain_event.hpp>

#include <boost/json/object.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace bus {

/// Turns a function that changes a JSON object into an Upcaster, which works on JSON text. upcast()
/// describes what happens to numbers.
std::function<std::string(std::string_view)>
json_upcaster(std::function<void(boost::json::object& data)> change);

/// Registers how the `data` object of version `version` is changed into that of `version + 1`. An
/// older event passes through all upcasters in turn.
///
/// Numbers that the change leaves alone keep their digits, also `396.00` and numbers of twenty
/// digits, although a boost::json::value holds them in binary. If the change computes a number,
/// that number is written anew. If two numbers of one event are equal in binary but spelt
/// differently, the change must leave them in order.
///
/// Adding a member to a boost::json::object moves its other members. To rename a member, copy its
/// value first. If the change throws, the reader of the event gets a CodecError. Throws what
/// set_upcaster() throws.
void upcast(const EventType& type, std::uint32_t version,
            std::function<void(boost::json::object& data)> change);

/// The same for event struct T: `bus::upcast<OrderCreatedEvent>(1, [](auto& data) { ... })`.
template <EventStruct T>
void upcast(std::uint32_t version, std::function<void(boost::json::object& data)> change) {
    upcast(event_type<T>(), version, std::move(change));
}

} // namespace bus
