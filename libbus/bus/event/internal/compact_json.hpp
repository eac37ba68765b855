#pragma once

#include <bus/event/internal/text_buffer.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace bus::internal {

/// The deepest nesting of lists and objects inside one value, written or read.
inline constexpr std::size_t max_depth = 32;

/// Writes JSON from the calls of a parser, without blanks. Numbers keep their spelling.
class CompactWriter {
public:
    explicit CompactWriter(TextBuffer& out) noexcept : out_{out} {}

    void open(char bracket) {
        separate();
        out_.put(bracket);
        separate_next_ = false;
    }

    void close(char bracket) {
        out_.put(bracket);
        separate_next_ = true;
    }

    /// Returns false if the text is not valid UTF-8, and so does string().
    [[nodiscard]] bool key(std::string_view name) {
        separate();
        const bool valid = out_.append_quoted(name);
        out_.put(':');
        separate_next_ = false;
        return valid;
    }

    [[nodiscard]] bool string(std::string_view text) {
        separate();
        separate_next_ = true;
        return out_.append_quoted(text);
    }

    /// A number, `true`, `false` or `null`.
    void literal(std::string_view text) {
        separate();
        separate_next_ = true;
        out_.append(text);
    }

private:
    void separate() {
        if (separate_next_) {
            out_.put(',');
        }
    }

    TextBuffer& out_;
    bool separate_next_ = false;
};

/// Appends the JSON value in `json` without blanks; it may have `depth` levels of nesting. Returns
/// an empty text if that worked, else the error message; then `out` may hold a part of the value.
[[nodiscard]] std::string append_compact(std::string_view json, std::size_t depth, TextBuffer& out);

/// The error message for a problem at an offset of JSON text.
std::string broken_json(std::string_view json, std::size_t offset, const std::string& problem);

} // namespace bus::internal
