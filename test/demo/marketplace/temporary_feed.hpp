#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace test {

/// A file with a feed, which is removed with the object.
class TemporaryFeed {
public:
    explicit TemporaryFeed(std::string_view content);
    ~TemporaryFeed();
    TemporaryFeed(const TemporaryFeed&) = delete;
    TemporaryFeed& operator=(const TemporaryFeed&) = delete;

    const std::string& path() const noexcept { return path_; }

    /// Writes the file again, with this content.
    void write(std::string_view content);

private:
    std::string path_;
};

} // namespace test
