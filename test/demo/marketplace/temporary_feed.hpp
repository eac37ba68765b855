#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace test {

/// A file that holds a feed, and is gone with the object.
class TemporaryFeed {
public:
    explicit TemporaryFeed(std::string_view content);
    ~TemporaryFeed();
    TemporaryFeed(const TemporaryFeed&) = delete;
    TemporaryFeed& operator=(const TemporaryFeed&) = delete;

    const std::string& path() const noexcept { return path_; }

    /// The file afresh, with that content.
    void write(std::string_view content);

private:
    std::string path_;
};

} // namespace test
