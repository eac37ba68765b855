#include "temporary_feed.hpp"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace test {

TemporaryFeed::TemporaryFeed(std::string_view content)
    : path_((std::filesystem::temp_directory_path() / "feed_test_XXXXXX").string()) {
    const int descriptor = ::mkstemp(path_.data());
    if (descriptor < 0)
        throw std::runtime_error("no temporary file can be made");
    ::close(descriptor);
    write(content);
}

TemporaryFeed::~TemporaryFeed() {
    std::error_code ignored; // a test may have removed the file
    std::filesystem::remove(path_, ignored);
}

void TemporaryFeed::write(std::string_view content) {
    std::ofstream file(path_, std::ios::binary | std::ios::trunc);
    file << content;
    if (!file.flush())
        throw std::runtime_error("cannot write " + path_);
}

} // namespace test
