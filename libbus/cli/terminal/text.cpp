#include <cli/terminal/text.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

namespace bus::terminal {

namespace {

struct Character {
    char32_t code = 0;
    std::size_t bytes = 1;
    bool valid = false;
};

bool is_continuation(char c) noexcept {
    return (static_cast<unsigned char>(c) & 0xC0u) == 0x80u;
}

/// The first character of a non-empty text. Overlong forms and surrogates are invalid.
Character first_character(std::string_view text) noexcept {
    const auto lead = static_cast<unsigned char>(text[0]);
    if (lead < 0x80)
        return {lead, 1, true};
    const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes)
        return {};
    char32_t code = lead & (0xFFu >> (bytes + 1));
    for (std::size_t i = 1; i < bytes; ++i) {
        if (!is_continuation(text[i]))
            return {};
        code = (code << 6) | (static_cast<unsigned char>(text[i]) & 0x3Fu);
    }
    constexpr std::array<char32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
    if (code < smallest[bytes] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        return {};
    return {code, bytes, true};
}

struct Range {
    char32_t first;
    char32_t last;
};

constexpr std::array zero_width{
    Range{0x0300, 0x036F}, Range{0x0483, 0x0489},   Range{0x0591, 0x05BD}, Range{0x0610, 0x061A},
    Range{0x064B, 0x065F}, Range{0x200B, 0x200F},   Range{0x2028, 0x202E}, Range{0x2060, 0x2064},
    Range{0x2066, 0x206F}, Range{0x20D0, 0x20F0},   Range{0xFE00, 0xFE0F}, Range{0xFE20, 0xFE2F},
    Range{0xFEFF, 0xFEFF}, Range{0xE0001, 0xE01EF},
};

constexpr std::array two_wide{
    Range{0x1100, 0x115F},   Range{0x231A, 0x231B},   Range{0x2E80, 0x303E},
    Range{0x3041, 0x33FF},   Range{0x3400, 0x4DBF},   Range{0x4E00, 0x9FFF},
    Range{0xA000, 0xA4CF},   Range{0xA960, 0xA97F},   Range{0xAC00, 0xD7A3},
    Range{0xF900, 0xFAFF},   Range{0xFE30, 0xFE6F},   Range{0xFF00, 0xFF60},
    Range{0xFFE0, 0xFFE6},   Range{0x1F300, 0x1F64F}, Range{0x1F680, 0x1F6FF},
    Range{0x1F900, 0x1F9FF}, Range{0x20000, 0x3FFFD},
};

template <std::size_t Size>
bool contains(const std::array<Range, Size>& ranges, char32_t code) noexcept {
    const auto after = std::upper_bound(ranges.begin(), ranges.end(), code,
                                        [](char32_t c, const Range& r) { return c < r.first; });
    return after != ranges.begin() && code <= std::prev(after)->last;
}

int width_of(const Character& character) noexcept {
    if (!character.valid)
        return 1;
    if (contains(zero_width, character.code))
        return 0;
    return contains(two_wide, character.code) ? 2 : 1;
}

bool is_control(char32_t code) noexcept {
    // C0, DEL and C1, and the marks that change the direction of a line.
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0x2028 && code <= 0x202E) ||
           (code >= 0x2066 && code <= 0x2069);
}

} // namespace

int display_width(std::string_view text) noexcept {
    int width = 0;
    while (!text.empty()) {
        const auto character = first_character(text);
        width += width_of(character);
        text.remove_prefix(character.bytes);
    }
    return width;
}

std::string printable(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        const auto character = first_character(text);
        if (!character.valid || is_control(character.code)) {
            result += '?';
        } else {
            result += text.substr(0, character.bytes);
        }
        text.remove_prefix(character.bytes);
    }
    return result;
}

std::string shortened(std::string_view text, int width, bool utf8) {
    if (display_width(text) <= width)
        return std::string(text);
    if (width <= 0)
        return {};
    std::size_t kept = 0;
    int used = 0;
    while (kept < text.size()) {
        const auto character = first_character(text.substr(kept));
        if (used + width_of(character) > width - 1)
            break;
        used += width_of(character);
        kept += character.bytes;
    }
    return std::string(text.substr(0, kept)) + (utf8 ? "\xE2\x80\xA6" : "~");
}

} // namespace bus::terminal
