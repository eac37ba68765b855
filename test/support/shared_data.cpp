#include "test/support/shared_data.hpp"

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace test {

namespace {

std::filesystem::path data_folder() {
    const char* const named =
        std::getenv("LIBBUS_SHARED_DATA"); // NOLINT(concurrency-mt-unsafe): nobody calls setenv
    if (named == nullptr || *named == '\0') {
        return std::filesystem::path(LIBBUS_SOURCE_DIR).parent_path() / "shared" / "data";
    }
    if (!std::filesystem::is_directory(named)) {
        throw std::runtime_error("LIBBUS_SHARED_DATA=" + std::string(named) +
                                 " is no folder; correct it, or unset it to use ../shared/data");
    }
    return named;
}

} // namespace

std::optional<std::filesystem::path> shared_data(std::string_view relative) {
    auto path = data_folder() / relative;
    if (!std::filesystem::exists(path)) {
        return std::nullopt;
    }
    return path;
}

} // namespace test
