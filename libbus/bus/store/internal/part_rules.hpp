#pragma once

#include <bus/store/event_store.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
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

/// Whether the part moves an agent that it does not register: one that has no record is an error.
bool needs_record(const Part& part);

/// Why a part can never be stored, whatever the store holds; null: it may. PartRefused for text
/// that is not UTF-8.
std::exception_ptr shape_refusal(const Part& part);

/// Throws PartRefused for a request with text that is not UTF-8.
void check_request(const RequestRecord& request);

/// The agent has no record, and the part needs one.
std::invalid_argument no_record_error(const std::string& agent);

/// An agent cannot have this name, because the store has something of an agent of that name.
StoreError name_taken_error(std::string_view from, std::string_view to, const std::string& store);

/// The longest text that a part brings, in bytes.
std::size_t longest_text(const Part& part);

/// What comes of a command.
struct CommandOutcome {
    bool changed = false; ///< a redriven delivery is to be kept anew, a discarded one to be erased
    std::string result{}; ///< for the trace
};

/// Carries a command out on the delivery that it names (none: there is no such one).
CommandOutcome carry_out(const DeliveryCommand& command, std::optional<DeliveryRecord>& delivery);

/// Whether a number that was kept names a DeliveryAction.
bool names_action(std::int64_t number) noexcept;

/// The request that stays as the trace of a command; its number is the store's.
RequestRecord trace_of(const Part& part, const DeliveryCommand& command, std::string result);

/// Pruning through a position is refused because of an agent that has come to `checkpoint`.
PruneRefused behind_error(Position through, const std::string& agent, Position checkpoint);

/// Pruning through a position is refused because of a delivery that is not done with.
PruneRefused unfinished_error(Position through, const std::string& agent, Position position,
                              DeliveryState state);

} // namespace bus::internal
