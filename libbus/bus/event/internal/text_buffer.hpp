#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace bus::internal {

/// Appends text to a string, by way of a buffer on the stack. The buffer is needed because in C++20
/// a std::string cannot grow without being filled, and appending each comma by itself is slow. If
/// finish() is not called, the destructor restores the string. Not thread safe.
class TextBuffer {
public:
    /// The most characters that room() can provide.
    static constexpr std::size_t most_room = 1024;

    explicit TextBuffer(std::string& out) noexcept
        : out_{out}, size_before_{out.size()}, next_{storage_.data()} {}

    TextBuffer(const TextBuffer&) = delete;
    TextBuffer& operator=(const TextBuffer&) = delete;

    ~TextBuffer() {
        if (!finished_) {
            out_.resize(size_before_);
        }
    }

    /// A place for `size` characters, at most most_room. Call written_to() after writing there.
    char* room(std::size_t size) {
        if (left() < size) {
            flush();
        }
        return next_;
    }

    void written_to(char* end) noexcept { next_ = end; }

    void put(char c) {
        char* out = room(1);
        *out = c;
        next_ = out + 1;
    }

    void append(std::string_view text) {
        if (left() < text.size()) {
            flush();
            if (text.size() > most_room) {
                out_.append(text);
                return;
            }
        }
        std::memcpy(next_, text.data(), text.size());
        next_ += text.size();
    }

    /// Appends the text as a JSON string, in quotes. Returns false if it is not valid UTF-8.
    [[nodiscard]] bool append_quoted(std::string_view text);

    /// Moves the rest of the text into the string, and keeps it there.
    void finish() {
        flush();
        finished_ = true;
    }

private:
    [[nodiscard]] std::size_t left() const noexcept {
        return static_cast<std::size_t>(storage_.data() + storage_.size() - next_);
    }

    void flush() {
        out_.append(storage_.data(), static_cast<std::size_t>(next_ - storage_.data()));
        next_ = storage_.data();
    }

    [[nodiscard]] bool append_escaped(std::string_view text);

    std::array<char, most_room> storage_; // not initialized: written before it is read
    std::string& out_;
    std::size_t size_before_;
    char* next_;
    bool finished_ = false;
};

/// The length in bytes of the UTF-8 sequence that `text` begins with (RFC 3629); 0 if it is not
/// well-formed.
std::size_t utf8_sequence(std::string_view text) noexcept;

} // namespace bus::internal
