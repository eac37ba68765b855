#pragma once

#include <bus/event/domain_event.hpp>

#include <boost/json/object.hpp>

#include <functional>

namespace bus {

/// Registers how the `data` object of version `version` of T becomes that of `version + 1`; an
/// older event goes through all upcasters in turn. Amounts that are JSON numbers should be
/// handled as text: a boost::json number is binary. Errors as set_upcaster.
void upcast(const EventType& type, std::uint32_t version,
            std::function<void(boost::json::object& data)> change);

/// The same, for an event struct: `bus::upcast<OrderCreatedEvent>(1, [](auto& data) { ... })`.
template <EventStruct T>
void upcast(std::uint32_t version, std::function<void(boost::json::object& data)> change) {
    upcast(event_type<T>(), version, std::move(change));
}

} // namespace bus
