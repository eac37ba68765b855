#pragma once

#include <bus/event/codec.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bus::internal {

/// The place that a value is read into. If the type is null, the value is skipped.
struct Target {
    const ValueType* type = nullptr;
    void* value = nullptr;
};

/// A struct with its table of members, without a ValueType; for example an event.
struct Object {
    void* object = nullptr; ///< nullptr if there is none
    const MemberTable* members = nullptr;
};

/// The outermost object of an event. Its data can go straight into a struct if the members before
/// it say which struct.
struct EnvelopeReading {
    Object envelope;  ///< has at most 64 members
    std::size_t data; ///< the index of the member that holds the data
    /// Returns the struct that the data goes into. If it returns none, the data goes into the
    /// member. `seen` has a bit for each member that was already read.
    Object (*data_object)(void* context, std::uint64_t seen);
    void* context;
};

/// Reads `json` into the target. Throws CodecError; then a part of the target may have been set.
void read_json(std::string_view json, const Target& target, Reading reading);
void read_json(std::string_view json, const Object& object, Reading reading);

/// Reads an event. Throws CodecError, also if a member of the envelope occurs twice. The result has
/// a bit for each member that was read; bits of optional members may be set even if they were
/// missing.
std::uint64_t read_envelope(std::string_view json, const EnvelopeReading& envelope);

/// What a value of this type looks like: `an integer from 0 to 255`.
std::string expectation(const ValueType& type);

} // namespace bus::internal
