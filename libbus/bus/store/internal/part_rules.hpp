#pragma once

#include <bus/store/event_store.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>

/// The rules for parts that all backends share.
namespace bus::internal {

/// The name of a stream, for messages.
std::string stream_name(const EventRecord& record);

/// The delivery in the form in which it is kept. It has an agent: its own, or else that of the
/// part. In the messages of its attempts, bytes that are not UTF-8 are replaced by U+FFFD: a step
/// may throw any text, and this must not prevent its failure from being stored.
DeliveryRecord as_kept(const Part& part, const DeliveryRecord& delivery);

/// Whether the part changes the progress of an agent that it does not register. If that agent has
/// no record, this is an error.
bool needs_record(const Part& part);

/// Why a part can never be stored, regardless of the store's content; null if it may be. The error
/// is PartRefused if a text is not UTF-8.
std::exception_ptr shape_refusal(const Part& part);

/// Throws PartRefused if a text of the request is not UTF-8.
void check_request(const RequestRecord& request);

/// The error if a part needs the record of an agent and there is none.
std::invalid_argument no_record_error(const std::string& agent);

/// The error if an agent cannot be renamed to `to`, because the store already has something of an
/// agent with that name.
StoreError name_taken_error(std::string_view from, std::string_view to, const std::string& store);

/// The length of the longest text in a part, in bytes.
std::size_t longest_text(const Part& part);

/// The result of a command.
struct CommandOutcome {
    /// True: keep the delivery again after a redrive, or erase it after a discard.
    bool changed = false;
    std::string result{}; ///< for the trace
};

/// Carries out a command on the delivery that it names (none: there is no such delivery).
CommandOutcome carry_out(const DeliveryCommand& command, std::optional<DeliveryRecord>& delivery);

/// Whether a stored number names a DeliveryAction.
bool names_action(std::int64_t number) noexcept;

/// The request that stays as the trace of a command. The store gives it its number.
RequestRecord trace_of(const Part& part, const DeliveryCommand& command, std::string result);

/// The error if pruning through a position is refused because an agent has only come to
/// `checkpoint`.
PruneRefused behind_error(Position through, const std::string& agent, Position checkpoint);

/// The error if pruning through a position is refused because of an unfinished delivery.
PruneRefused unfinished_error(Position through, const std::string& agent, Position position,
                              DeliveryState state);

} // namespace bus::internal
