#pragma once

#include <bus/runtime/environment.hpp>

#include <boost/uuid/uuid.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace bus {

/// 128 bits of identity (RFC 9562).
using Uuid = boost::uuids::uuid;

/// Characters in the text form of a UUID.
inline constexpr std::size_t uuid_chars = 36;

/// A new UUIDv7 (RFC 9562, 5.7): greater than all made before it from the same environment, so
/// that ids sort by time of creation. Thread safe.
Uuid next_uuid(Environment& environment);

/// The same for a time that the caller has read already.
Uuid next_uuid(Environment& environment, Timestamp now);

/// A UUIDv7 of given fields: milliseconds since 1970 (48 bits), 12 and 62 bits of choice.
Uuid make_uuid_v7(std::uint64_t unix_millis, std::uint16_t rand_a, std::uint64_t rand_b) noexcept;

/// Writes the 36 lower-case characters of `8-4-4-4-12` to `out`, without a terminator; returns
/// the end. No allocation.
char* write_uuid(const Uuid& uuid, char* out) noexcept;

/// The 36 characters as a string.
std::string to_text(const Uuid& uuid);

/// Reads `8-4-4-4-12` hexadecimal digits of either case; anything else, a prefix, braces or blanks
/// included, is no UUID.
std::optional<Uuid> try_parse_uuid(std::string_view text) noexcept;

/// As try_parse_uuid. Throws std::invalid_argument naming the text where it is no UUID.
Uuid parse_uuid(std::string_view text);

} // namespace bus
