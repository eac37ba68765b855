#pragma once

#include <bus/event/domain_event.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace bus {

/// Which events an agent must handle in order: those of the same sequence. Others may overtake.
struct Sequence {
    enum class Kind : std::uint8_t { aggregate, none, key };

    /// Names the sequence of an event. Called on publishers' threads too, so it must be thread
    /// safe; where it throws, the event goes by its aggregate, and observers hear of trouble. On a
    /// store, bytes that are no UTF-8 become U+FFFD: keys that differ in nothing else are one.
    using Key = std::function<std::string(const DomainEvent&)>;

    Kind kind = Kind::aggregate;
    Key key_of; ///< for Kind::key

    /// Events of equal aggregate type and id. Those without an id are one sequence; on a store,
    /// where a dead letter holds its sequence up, they are in none.
    static Sequence by_aggregate() { return {}; }

    /// Any order will do.
    static Sequence none() { return {Kind::none, {}}; }

    /// Events of equal key.
    static Sequence by(Key key) { return {Kind::key, std::move(key)}; }
};

} // namespace bus
