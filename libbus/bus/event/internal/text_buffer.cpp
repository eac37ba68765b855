#include <bus/event/internal/plain_text.hpp>
#include <bus/event/internal/text_buffer.hpp>

#include <algorithm>
#include <cstdint>

namespace bus::internal {

namespace {

/// Copies eight characters if none of them is special.
bool copy_eight(const char* from, char* to) noexcept {
    const std::uint64_t eight = load_eight(from);
    if (special_bits(eight) != 0) {
        return false;
    }
    std::memcpy(to, &eight, sizeof eight);
    return true;
}

/// Copies characters up to the first special one. Returns their number. `to` has room for all.
std::size_t copy_plain(std::string_view text, char* to) noexcept {
    std::size_t i = 0;
    if (text.size() >= 8) {
        while (i + 8 <= text.size() && copy_eight(text.data() + i, to + i)) {
            i += 8;
        }
        // The rest is shorter than eight: copy it together with plain characters before it.
        const std::size_t last = text.size() - 8;
        if (i == text.size() || (i > last && copy_eight(text.data() + last, to + last))) {
            return text.size();
        }
    }
    for (; i < text.size() && !is_special(text[i]); ++i) {
        to[i] = text[i];
    }
    return i;
}

/// Writes the escape of a control character, a quote or a backslash (RFC 8259, 7). Returns the end.
char* write_escape(char c, char* out) noexcept {
    *out++ = '\\';
    switch (c) {
    case '\b': *out++ = 'b'; return out;
    case '\f': *out++ = 'f'; return out;
    case '\n': *out++ = 'n'; return out;
    case '\r': *out++ = 'r'; return out;
    case '\t': *out++ = 't'; return out;
    case '"':
    case '\\': *out++ = c; return out;
    default: break;
    }
    constexpr std::string_view digits = "0123456789abcdef";
    const auto code = static_cast<unsigned char>(c);
    for (const char digit : {'u', '0', '0', digits[code >> 4U], digits[code & 15U]}) {
        *out++ = digit;
    }
    return out;
}

} // namespace

bool TextBuffer::append_quoted(std::string_view text) {
    if (text.size() > most_room - 2) {
        return append_escaped(text);
    }
    char* out = room(text.size() + 2);
    *out = '"';
    const std::size_t plain = copy_plain(text, out + 1);
    if (plain != text.size()) {
        return append_escaped(text); // starts over: rare, and nothing is counted as written yet
    }
    out[plain + 1] = '"';
    next_ = out + plain + 2;
    return true;
}

bool TextBuffer::append_escaped(std::string_view text) {
    constexpr std::size_t piece = 256;
    constexpr std::size_t longest_escape = 6;
    put('"');
    while (!text.empty()) {
        char* out = room(piece + longest_escape);
        const std::size_t plain = copy_plain(text.substr(0, piece), out);
        out += plain;
        next_ = out;
        text.remove_prefix(plain);
        while (!text.empty() && left() > longest_escape && is_special(text.front())) {
            std::size_t taken = 1;
            if (static_cast<signed char>(text.front()) < 0) {
                taken = utf8_sequence(text);
                if (taken == 0) {
                    return false;
                }
                std::copy_n(text.data(), taken, out);
                out += taken;
            } else {
                out = write_escape(text.front(), out);
            }
            text.remove_prefix(taken);
            next_ = out;
        }
    }
    put('"');
    return true;
}

std::size_t utf8_sequence(std::string_view text) noexcept {
    const auto byte = [text](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const auto follows = [&byte](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
        return byte(i) >= low && byte(i) <= high;
    };
    const unsigned lead = byte(0);
    if (lead < 0x80) {
        return text.empty() ? 0 : 1;
    }
    if (lead >= 0xc2 && lead <= 0xdf) {
        return follows(1) ? 2 : 0;
    }
    if (lead >= 0xe0 && lead <= 0xef) {
        // Refuses overlong forms and surrogates.
        const unsigned low = lead == 0xe0 ? 0xa0 : 0x80;
        const unsigned high = lead == 0xed ? 0x9f : 0xbf;
        return follows(1, low, high) && follows(2) ? 3 : 0;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        const unsigned low = lead == 0xf0 ? 0x90 : 0x80;
        const unsigned high = lead == 0xf4 ? 0x8f : 0xbf;
        return follows(1, low, high) && follows(2) && follows(3) ? 4 : 0;
    }
    return 0;
}

} // namespace bus::internal
