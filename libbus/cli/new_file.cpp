#include <bus/store/sqlite/system_files.hpp>

#include <cli/errors.hpp>
#include <cli/new_file.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace bus::cli {

void check_new_file(const std::string& path) {
    namespace fs = std::filesystem;
    const auto refuse = [&](const std::string& why) {
        throw OutputError{fmt::format("cannot write {}: {}", path, why)};
    };
    if (path.empty()) {
        throw OutputError{"the path of the file to write is empty: name a file"};
    }
    std::error_code ignored;
    if (fs::exists(fs::symlink_status(path, ignored))) {
        refuse("it exists already; name a new file");
    }
    const fs::path named = fs::path{path}.parent_path();
    const fs::path folder = named.empty() ? fs::path{"."} : named;
    if (!fs::is_directory(folder, ignored)) {
        refuse(fmt::format("{} is not a folder; name a file in one that exists", folder.string()));
    }
    if (!internal::may_make_files_in(folder)) {
        refuse(fmt::format("{} cannot be written in ({}); allow it, or name another folder",
                           folder.string(), std::strerror(errno)));
    }
}

} // namespace bus::cli
