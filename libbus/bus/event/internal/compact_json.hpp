#pragma once

#include <bus/event/internal/text_buffer.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace bus::internal {

/// The deepest nesting of lists and objects inside one value, written or read.
inline constexpr std::size_t max_depth = 32;

/// Writes JSON from the events of a parser, without blanks; numbers as they were spelt.
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

    /// False where the text is no valid UTF-8, as for string.
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

/// Appends the one JSON value that `json` holds, without blanks. An empty result means that it
/// was done, else it is what is wrong with the text, and `out` may hold a part of it.
[[nodiscard]] std::string append_compact(std::string_view json, std::size_t depth, TextBuffer& out);

/// What is wrong with JSON at an offset, for messages.
std::string broken_json(std::string_view json, std::size_t offset, const std::string& problem);

} // namespace bus::internal
