#pragma once

#include <bus/event/codec.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bus::internal {

/// Where a value goes. No type: nowhere, it is read over.
struct Target {
    const ValueType* type = nullptr;
    void* value = nullptr;
};

/// A struct whose members are known by themselves, such as an event.
struct Object {
    void* object = nullptr; ///< nullptr: none
    const MemberTable* members = nullptr;
};

/// The outermost object of an event. Its data can go straight into a struct once the members before
/// it have told which.
struct EnvelopeReading {
    Object envelope;  ///< of at most 64 members
    std::size_t data; ///< the index of the member that holds the data
    /// The struct that the data goes into; none: into the member. `seen` has a bit for each member
    /// that was read before.
    Object (*data_object)(void* context, std::uint64_t seen);
    void* context;
};

/// Reads `json` into the target. Throws CodecError; the target is then read in part.
void read_json(std::string_view json, const Target& target, Reading reading);
void read_json(std::string_view json, const Object& object, Reading reading);

/// Reads an event; a member of the envelope that comes twice is an error. Returns the bits of the
/// members that were there, at least of those that every event has.
std::uint64_t read_envelope(std::string_view json, const EnvelopeReading& envelope);

/// What a value of this type looks like: `an integer from 0 to 255`.
std::string expectation(const ValueType& type);

} // namespace bus::internal
