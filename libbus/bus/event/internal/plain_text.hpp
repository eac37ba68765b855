#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

/// Works on eight characters at a time, for the most frequent work of reading and writing.
namespace bus::internal {

constexpr std::uint64_t every_byte(std::uint64_t value) {
    return value * 0x0101010101010101U;
}

/// Whether a character needs attention in a JSON string: a control character, a quote or a
/// backslash, which must be escaped, or a byte beyond ASCII, which must be checked.
inline bool is_special(char c) noexcept {
    return static_cast<signed char>(c) < 0x20 || c == '"' || c == '\\';
}

/// The same for eight characters. In the result, the high bit of each special character is set.
/// Bits after the first special one may be set wrongly. Mycroft's test finds a zero byte by the
/// borrow of a subtraction, here for three patterns; a borrow may carry into the next bytes.
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

/// The number of characters before the first special one.
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

/// Whether two texts are equal. It is for names, which are too short for a call of memcmp to pay.
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
