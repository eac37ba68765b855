#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace demo {

/// A feed cannot be read: no such file, a directory, no permission, an I/O error. The message names
/// the feed and says what to do.
class InputError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The caller asked for an end while the reader was waiting for input. A line that had begun is not
/// returned.
class InputInterrupted : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Reads the lines of one feed, of any length, in bounded memory. Not thread safe.
///
/// Lines end with LF or CRLF; the last line may end without. Blank lines are skipped, but counted.
/// A byte order mark at the start is skipped.
class FeedReader {
public:
    struct Line {
        std::string_view text; ///< valid until the next call; empty if the line is too long
        std::uint64_t number;  ///< from 1
        std::uint64_t length;  ///< in bytes, without the line's end
        bool too_long;
    };

    /// Opens the feed. @param source a path, or `-` for standard input
    /// @param max_line most bytes of a line; a longer line is skipped and not kept in memory
    /// @throws InputError
    /// @param interrupted called if a signal arrives while next() waits for input. If it returns
    /// true, next() throws InputInterrupted. Without it, next() continues to wait
    FeedReader(std::string source, std::size_t max_line, std::function<bool()> interrupted = {});

    /// The next line that is not blank, or nothing at the end. @throws InputError, also if a file
    /// has become shorter while it was read.
    std::optional<Line> next();

    /// The path as given, or `standard input`.
    const std::string& name() const noexcept { return name_; }

    std::uint64_t bytes_read() const noexcept { return bytes_read_; }

    /// The size of the file when it was opened; nothing for a pipe or terminal.
    std::optional<std::uint64_t> size() const noexcept { return size_; }

private:
    class Descriptor {
    public:
        Descriptor(int descriptor, bool owned) noexcept : descriptor_(descriptor), owned_(owned) {}

        ~Descriptor();
        Descriptor(const Descriptor&) = delete;
        Descriptor& operator=(const Descriptor&) = delete;

        int get() const noexcept { return descriptor_; }

    private:
        int descriptor_;
        bool owned_;
    };

    bool fill();
    std::optional<Line> next_raw();
    void keep(std::string_view part);

    std::string name_;
    std::size_t max_line_;
    std::function<bool()> interrupted_;
    std::unique_ptr<const Descriptor> descriptor_;
    std::optional<std::uint64_t> size_;
    std::uint64_t bytes_read_ = 0;
    std::uint64_t line_number_ = 0;
    std::vector<char> buffer_;
    std::string_view unread_;         // within buffer_
    std::string pieces_;              // of a line that is not in the buffer as a whole
    std::uint64_t pieces_length_ = 0; // also if the line is too long
    bool pieces_end_in_cr_ = false;
};

} // namespace demo
