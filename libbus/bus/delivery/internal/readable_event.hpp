#pragma once

#include <bus/delivery/step_batch.hpp>
#include <bus/event/failure.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace bus::internal {

/// The version that this program knows of the event's type, if the event has a newer one; else
/// none.
std::optional<std::uint32_t> known_below(const EventRecord& record) noexcept;

/// The event of a delivery; it is decoded only once. If it cannot be read, returns nullptr and sets
/// `failure` to the reason. For an event of a newer version, that is not_ready, since a newer
/// program can read it.
std::shared_ptr<const DomainEvent> readable_event(DeliveryItem& item,
                                                  std::optional<Failure>& failure);

/// The failure of a delivery that waited, if the agent no longer has a handler for its type.
Failure no_handler(std::string_view agent, std::string_view event_type);

} // namespace bus::internal
