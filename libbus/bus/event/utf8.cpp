#include <bus/event/internal/path.hpp>
#include <bus/event/internal/plain_text.hpp>
#include <bus/event/internal/text_buffer.hpp>
#include <bus/event/internal/utf8_error.hpp>
#include <bus/event/utf8.hpp>

#include <algorithm>

namespace bus {

namespace {

/// Whether all of the text is ASCII, as most texts are. This runs for every text of every event, so
/// it collects the bits without a branch for each byte.
bool is_ascii(std::string_view text) noexcept {
    const char* at = text.data();
    std::size_t left = text.size();
    std::uint64_t bits = 0;
    if (left < 8) {
        for (; left > 0; --left) {
            bits |= static_cast<unsigned char>(at[left - 1]);
        }
        return (bits & 0x80) == 0;
    }
    for (; left >= 32; left -= 32, at += 32) {
        bits |= internal::load_eight(at) | internal::load_eight(at + 8) |
                internal::load_eight(at + 16) | internal::load_eight(at + 24);
    }
    for (; left >= 8; left -= 8, at += 8) {
        bits |= internal::load_eight(at);
    }
    // The rest is shorter than eight bytes: load it together with some bytes before it.
    bits |= internal::load_eight(text.data() + text.size() - 8);
    return (bits & internal::every_byte(0x80)) == 0;
}

} // namespace

std::size_t find_bad_utf8(std::string_view text) noexcept {
    if (is_ascii(text)) [[likely]] {
        return std::string_view::npos;
    }
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t size = internal::utf8_sequence(text.substr(at));
        if (size == 0) {
            return at;
        }
        at += size;
    }
    return std::string_view::npos;
}

std::string valid_utf8(std::string_view text) {
    std::string valid;
    valid.reserve(text.size());
    for (;;) {
        const std::size_t bad = find_bad_utf8(text);
        valid += text.substr(0, bad);
        if (bad == std::string_view::npos) {
            return valid;
        }
        valid += "\xEF\xBF\xBD";
        text.remove_prefix(bad + 1);
    }
}

std::string internal::utf8_error(std::string_view text) {
    constexpr std::size_t shown_before = 16; // so that the text shown contains the bad byte
    constexpr std::string_view digits = "0123456789abcdef";
    const std::size_t at = std::min(find_bad_utf8(text), text.size() - 1);
    std::size_t from = at > shown_before ? at - shown_before : 0;
    while (from > 0 && from < at && utf8_sequence(text.substr(from)) == 0) {
        ++from; // do not begin inside a character
    }
    const auto byte = static_cast<unsigned char>(text[at]);
    return std::string{"expected text in UTF-8, found the byte 0x"} + digits[byte >> 4U] +
           digits[byte & 15U] + " at offset " + std::to_string(at) + ", in \"" +
           shown(text.substr(from)) +
           "\": convert it to UTF-8, or have bus::valid_utf8() replace such bytes";
}

} // namespace bus
