#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace demo {

/// Keeps lines in a temporary file without a name, so that they can be read again, even if the feed
/// is a pipe or its file is gone. The file is in `$TMPDIR`, or in `/tmp`, and is removed with the
/// object.
///
/// Only one thread may call append(). Any thread may read() lines that were appended before.
class LineSpool {
public:
    /// @throws std::system_error if the file cannot be created
    LineSpool();
    ~LineSpool();
    LineSpool(const LineSpool&) = delete;
    LineSpool& operator=(const LineSpool&) = delete;

    /// Appends a line and returns its offset. @throws std::system_error, also if the disk is full
    std::uint64_t append(std::string_view line);

    /// The line at an offset. @throws std::system_error
    std::string read(std::uint64_t offset, std::uint64_t length) const;

private:
    std::string folder_;
    int descriptor_;
    std::uint64_t size_ = 0;
};

} // namespace demo
