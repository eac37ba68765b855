#pragma once

#include <bus/event/domain_event.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace bus {

/// Which events an agent must handle in order: those of the same sequence. Events of different
/// sequences may overtake each other.
struct Sequence {
    /// How the sequence of an event is found.
    enum class Kind : std::uint8_t { aggregate, none, key };

    /// Names the sequence of an event. It is also called on publishers' threads, so it must be
    /// thread safe. If it throws, the event's aggregate is used instead, and this is reported to
    /// the observers' `trouble`. On a store, bytes that are not UTF-8 are replaced by U+FFFD, so
    /// keys that differ only in such bytes are equal.
    using Key = std::function<std::string(const DomainEvent&)>;

    Kind kind = Kind::aggregate; ///< which function made this
    Key key_of;                  ///< for Kind::key

    /// Events of equal aggregate type and id stay in order. Without a store, the events of one
    /// aggregate type that have no id form one sequence. On a store they are in no sequence,
    /// because one dead letter would otherwise hold up all of them.
    static Sequence by_aggregate() { return {}; }

    /// No order: any event may overtake any other.
    static Sequence none() { return {Kind::none, {}}; }

    /// Events of equal key stay in order. `key` must not be empty.
    static Sequence by(Key key) { return {Kind::key, std::move(key)}; }
};

} // namespace bus
