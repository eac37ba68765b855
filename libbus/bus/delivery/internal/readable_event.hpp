#pragma once

#include <bus/delivery/step_batch.hpp>
#include <bus/event/failure.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace bus::internal {

/// If this program knows the type of the event, but only up to a version below the event's: that
/// version.
std::optional<std::uint32_t> known_below(const EventRecord& record) noexcept;

/// The event of a delivery, made an object once. If it cannot be read, nullptr, and `failure` says
/// why: not_ready for an event of a newer version, which a newer program can read.
std::shared_ptr<const DomainEvent> readable_event(DeliveryItem& item,
                                                  std::optional<Failure>& failure);

/// Why a delivery that waited cannot be handled: the agent takes no events of its type any more.
Failure no_handler(std::string_view agent, std::string_view event_type);

} // namespace bus::internal
