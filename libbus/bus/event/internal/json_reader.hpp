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
    const MemberTable* members = nullptr; ///< of an object, where not those of its type
};

/// Reads the outermost object of an event. Its data can go straight into a struct once the members
/// before it have told which.
struct EnvelopeReading {
    const MemberTable& members; ///< at most 64
    void* object;
    std::size_t data; ///< the index of the member that holds the data
    /// Where the data goes. `seen` has a bit for each member that was read before.
    Target (*data_target)(void* context, std::uint64_t seen);
    void* context;
};

/// Reads `json` into the target. Throws CodecError; the target is then read in part.
void read_json(std::string_view json, const Target& target, Reading reading);

/// Reads an event; a member of the envelope that comes twice is an error. Returns the bits of the
/// members that were there.
std::uint64_t read_envelope(std::string_view json, const EnvelopeReading& envelope);

/// What a value of this type looks like: `an integer from 0 to 255`.
std::string expectation(const ValueType& type);

} // namespace bus::internal
