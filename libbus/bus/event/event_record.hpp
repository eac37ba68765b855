#pragma once

#include <bus/event/timestamp.hpp>
#include <bus/event/uuid.hpp>

#include <cstdint>
#include <string>

namespace bus {

/// An event as it is stored and sent: the nine members of the wire format and the cause. The
/// members of the struct are JSON text, so a record can hold an event of any type, also of one that
/// this program does not know.
struct EventRecord {
    Uuid event_id{};                 ///< UUIDv7
    std::string event_type{};        ///< the wire name
    std::uint32_t event_version = 1; ///< at least 1
    std::string aggregate_id{};      ///< may be empty
    std::string aggregate_type{};    ///< `Order`
    std::string execution_id{};      ///< the workflow run that it belongs to; may be empty
    std::string user_id{};           ///< the user on whose behalf it happened; may be empty
    Timestamp occurred_at{};         ///< UTC, microseconds
    std::string data{};              ///< the members of the struct: one JSON object
    Uuid causation_id{};             ///< the event that caused it; zero for a first cause

    friend bool operator==(const EventRecord&, const EventRecord&) = default;
};

} // namespace bus
