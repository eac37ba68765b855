#pragma once

#include <bus/store/event_store.hpp>

#include <stdexcept>
#include <string>

/// What all backends do alike with a part.
namespace bus::internal {

/// The name of a stream in messages.
std::string stream_name(const EventRecord& record);

/// The delivery as it is kept: with its agent (its own, else the part's), and bytes of a message
/// that are no UTF-8 as U+FFFD, since what a step throws may hold anything and must not make its
/// failure unwritable.
DeliveryRecord as_kept(const Part& part, const DeliveryRecord& delivery);

/// Makes a dead delivery due at once; false, and no change, where it is not dead.
bool redrive(DeliveryRecord& delivery);

/// Whether the part moves an agent that it does not register: one that has no record is an error.
bool needs_record(const Part& part);

/// Whether a part says something about an agent without naming it.
bool lacks_agent(const Part& part);

/// Why the part may not be stored where its agent stands at `checkpoint` (none: it has no record);
/// null: it may.
std::exception_ptr agent_refusal(const Part& part, std::optional<Position> checkpoint);

std::invalid_argument no_agent_error();
std::invalid_argument no_record_error(const std::string& agent);

} // namespace bus::internal
