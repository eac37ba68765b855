#include "demo/marketplace/line_spool.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace demo {
namespace {

std::string temporary_folder() {
    const char* const folder = std::getenv("TMPDIR");
    return folder != nullptr && *folder != '\0' ? folder : "/tmp";
}

[[noreturn]] void fail(int error, const std::string& folder) {
    throw std::system_error(error, std::generic_category(),
                            "cannot keep the feed's lines in a temporary file in '" + folder +
                                "' (make room there, or set TMPDIR to another folder)");
}

} // namespace

LineSpool::LineSpool() : folder_(temporary_folder()) {
    std::string path = folder_ + "/order_feed_XXXXXX";
    descriptor_ = ::mkstemp(path.data());
    if (descriptor_ < 0)
        fail(errno, folder_);
    ::unlink(path.c_str());
}

LineSpool::~LineSpool() {
    ::close(descriptor_);
}

std::uint64_t LineSpool::append(std::string_view line) {
    const std::uint64_t offset = size_;
    while (!line.empty()) {
        const ssize_t written =
            ::pwrite(descriptor_, line.data(), line.size(), static_cast<off_t>(size_));
        if (written < 0 && errno != EINTR)
            fail(errno, folder_);
        if (written < 0)
            continue;
        line.remove_prefix(static_cast<std::size_t>(written));
        size_ += static_cast<std::uint64_t>(written);
    }
    return offset;
}

std::string LineSpool::read(std::uint64_t offset, std::uint64_t length) const {
    std::string line(length, '\0');
    std::size_t done = 0;
    while (done < line.size()) {
        const ssize_t count = ::pread(descriptor_, line.data() + done, line.size() - done,
                                      static_cast<off_t>(offset + done));
        if (count == 0 || (count < 0 && errno != EINTR))
            fail(count == 0 ? EIO : errno, folder_);
        if (count > 0)
            done += static_cast<std::size_t>(count);
    }
    return line;
}

} // namespace demo
