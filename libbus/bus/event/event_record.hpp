#pragma once

#include <bus/event/timestamp.hpp>
#include <bus/event/uuid.hpp>

#include <cstdint>
#include <string>

namespace bus {

/// An event as it is kept and sent: the nine members of the wire format and its cause, with the
/// members of the struct as JSON text. Holds events of any type, known to this program or not.
struct EventRecord {
    Uuid event_id{};
    std::string event_type{};
    std::uint32_t event_version = 1;
    std::string aggregate_id{};
    std::string aggregate_type{};
    std::string execution_id{};
    std::string user_id{};
    Timestamp occurred_at{};
    std::string data{};  ///< one JSON object
    Uuid causation_id{}; ///< zero: a first cause

    friend bool operator==(const EventRecord&, const EventRecord&) = default;
};

} // namespace bus
