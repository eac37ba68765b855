#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

/// Eight characters at a time: what both ends of the codec do most.
namespace bus::internal {

constexpr std::uint64_t every_byte(std::uint64_t value) {
    return value * 0x0101010101010101U;
}

/// Whether a character cannot stand in a JSON string as it is: a control character, a quote or a
/// backslash, or is no ASCII and wants to be looked at.
inline bool is_special(char c) noexcept {
    return static_cast<signed char>(c) < 0x20 || c == '"' || c == '\\';
}

/// The same for eight characters: the high bit of each special one, and perhaps of some behind the
/// first. A zero byte shows by the borrow of a subtraction (Mycroft's test), here for three
/// patterns; a borrow may run on into the bytes behind.
inline std::uint64_t special_bits(std::uint64_t eight) noexcept {
    const auto zero_byte = [](std::uint64_t x) { return (x - every_byte(1)) & ~x; };
    const std::uint64_t control = (eight - every_byte(0x20)) & ~eight;
    const std::uint64_t found =
        eight | control | zero_byte(eight ^ every_byte('"')) | zero_byte(eight ^ every_byte('\\'));
    return found & every_byte(0x80);
}

inline std::uint64_t load_eight(const char* from) noexcept {
    std::uint64_t eight = 0;
    std::memcpy(&eight, from, sizeof eight);
    return eight;
}

/// How many characters come before the first special one.
inline std::size_t plain_chars(std::string_view text) noexcept {
    std::size_t i = 0;
    for (; i + 8 <= text.size(); i += 8) {
        if (const std::uint64_t bits = special_bits(load_eight(text.data() + i)); bits != 0) {
            if constexpr (std::endian::native == std::endian::little) {
                return i + static_cast<std::size_t>(std::countr_zero(bits)) / 8;
            }
            break;
        }
    }
    while (i < text.size() && !is_special(text[i])) {
        ++i;
    }
    return i;
}

/// Whether two texts are equal; for names, which are too short to call memcmp for.
inline bool same_text(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) {
        return false;
    }
    if (a.size() >= 8 && a.size() <= 16) {
        const std::size_t last = a.size() - 8;
        return load_eight(a.data()) == load_eight(b.data()) &&
               load_eight(a.data() + last) == load_eight(b.data() + last);
    }
    return a == b;
}

} // namespace bus::internal
