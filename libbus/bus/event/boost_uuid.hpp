#pragma once

#include <bus/event/text_traits.hpp>
#include <bus/event/uuid.hpp>

#include <boost/uuid/uuid.hpp>

#include <algorithm>

/// For programs that use the type of Boost.UUID: conversions, and members of that type in described
/// structs. Nothing else in libbus includes Boost.UUID.
namespace bus {

/// Converts to Boost's type. Thread safe.
inline boost::uuids::uuid to_boost(const Uuid& uuid) noexcept {
    boost::uuids::uuid result{};
    std::copy(uuid.data.begin(), uuid.data.end(), result.begin());
    return result;
}

/// Converts from Boost's type. Thread safe.
inline Uuid from_boost(const boost::uuids::uuid& uuid) noexcept {
    Uuid result;
    std::copy(uuid.begin(), uuid.end(), result.data.begin());
    return result;
}

/// Lets members of described structs have Boost's type; they are written as text.
template <>
struct TextTraits<boost::uuids::uuid> {
    static constexpr std::size_t max_chars = uuid_chars;   ///< the most that write() writes
    static constexpr std::string_view expected = "a UUID"; ///< for error messages

    /// Writes the text form without an end mark, and returns its length. Thread safe.
    static std::size_t write(const boost::uuids::uuid& uuid, char* out) noexcept {
        return static_cast<std::size_t>(write_uuid(from_boost(uuid), out) - out);
    }

    /// Reads what try_parse_uuid() reads. If that fails, returns false and leaves `out` unchanged.
    /// Thread safe.
    static bool read(std::string_view text, boost::uuids::uuid& out) noexcept {
        const auto uuid = try_parse_uuid(text);
        if (uuid) {
            out = to_boost(*uuid);
        }
        return uuid.has_value();
    }
};

} // namespace bus
