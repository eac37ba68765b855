#pragma once

#include <bus/runtime/environment.hpp>

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

namespace bus {

/// A UUID (RFC 9562): 128 bits, all zero by default. libbus has a type of its own because the
/// layout of Boost's type depends on its version; <bus/event/boost_uuid.hpp> converts between the
/// two.
struct Uuid {
    std::array<std::uint8_t, 16> data{}; ///< the bytes, in the order of the text

    /// Whether all bits are zero.
    [[nodiscard]] bool is_nil() const noexcept { return *this == Uuid{}; }

    /// Compares the bytes.
    friend bool operator==(const Uuid& left, const Uuid& right) noexcept {
        return std::memcmp(&left, &right, sizeof(Uuid)) == 0;
    }

    /// Compares the bytes. UUIDs sort like their lower-case texts.
    friend std::strong_ordering operator<=>(const Uuid& left, const Uuid& right) noexcept {
        return std::memcmp(&left, &right, sizeof(Uuid)) <=> 0;
    }
};

/// The number of characters in the text form of a UUID.
inline constexpr std::size_t uuid_chars = 36;

/// A new UUIDv7 (RFC 9562, 5.7). It is greater than all UUIDs made before it from the same
/// environment, so ids sort by time of creation. Thread safe.
Uuid next_uuid(Environment& environment);

/// The same, for a caller that already knows the current time.
Uuid next_uuid(Environment& environment, Timestamp now);

/// A UUIDv7 with the given fields: milliseconds since 1970 (48 bits), and 12 and 62 bits of the
/// caller's choice.
Uuid make_uuid_v7(std::uint64_t unix_millis, std::uint16_t rand_a, std::uint64_t rand_b) noexcept;

/// Writes the 36 lower-case characters of `8-4-4-4-12` to `out`, without a terminating zero.
/// Returns the end. Allocates nothing.
char* write_uuid(const Uuid& uuid, char* out) noexcept;

/// The 36 characters as a string.
std::string to_text(const Uuid& uuid);

/// Prints the 36 characters.
std::ostream& operator<<(std::ostream& out, const Uuid& uuid);

/// Reads `8-4-4-4-12` hexadecimal digits of either case. Returns nullopt for any other text, also
/// if it has a prefix, braces or blanks.
std::optional<Uuid> try_parse_uuid(std::string_view text) noexcept;

/// Like try_parse_uuid(), but throws std::invalid_argument that names the text if it is not a UUID.
Uuid parse_uuid(std::string_view text);

} // namespace bus

/// Lets a bus::Uuid be a key of unordered containers.
template <>
struct std::hash<bus::Uuid> {
    /// The hash of all 16 bytes. Thread safe.
    std::size_t operator()(const bus::Uuid& uuid) const noexcept {
        std::array<std::uint64_t, 2> halves{};
        std::memcpy(halves.data(), &uuid, sizeof(uuid));
        constexpr std::uint64_t odd = 0x9e3779b97f4a7c15; // 2^64 over the golden ratio
        const std::uint64_t mixed = (halves[0] ^ (halves[1] * odd)) * odd;
        return static_cast<std::size_t>(mixed ^ (mixed >> 32U));
    }
};
