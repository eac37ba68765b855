#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace demo {

/// Keeps lines in a temporary file without a name, so that they can be read again, also those of a
/// pipe, and also when the feed's file is gone. The file lies in `$TMPDIR`, or in `/tmp`, and ends
/// with the object.
///
/// append() is for one thread; read() for any, of what was appended before.
class LineSpool {
public:
    /// @throws std::system_error where no file can be made there
    LineSpool();
    ~LineSpool();
    LineSpool(const LineSpool&) = delete;
    LineSpool& operator=(const LineSpool&) = delete;

    /// Appends a line and returns its offset. @throws std::system_error, when the disk is full too
    std::uint64_t append(std::string_view line);

    /// The line at an offset. @throws std::system_error
    std::string read(std::uint64_t offset, std::uint64_t length) const;

private:
    std::string folder_;
    int descriptor_;
    std::uint64_t size_ = 0;
};

} // namespace demo
