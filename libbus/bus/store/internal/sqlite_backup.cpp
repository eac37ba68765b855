#include <bus/store/event_store.hpp>
#include <bus/store/internal/sqlite_backup.hpp>
#include <bus/store/internal/sqlite_connection.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

namespace bus::sqlite {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const fs::path& from, const fs::path& to, const std::string& why) {
    throw StoreError{"cannot back up sqlite:" + from.string() + " to " + to.string() + ": " + why};
}

/// Where the backup is to lie, in full.
fs::path resolve(const fs::path& from, const fs::path& to) {
    if (to.empty()) {
        refuse(from, to, "the path is empty; name a file");
    }
    std::error_code error;
    fs::path path = fs::absolute(to, error);
    if (error) {
        refuse(from, to, error.message() + "; name a file with its whole path");
    }
    if (fs::symlink_status(path, error).type() != fs::file_type::not_found) {
        refuse(from, to, "there is something already; name a new file, or remove that one first");
    }
    if (!fs::is_directory(path.parent_path(), error)) {
        refuse(from, to, "its folder does not exist; create it first");
    }
    return path;
}

/// Waits until the disk has a file, or the names in a folder. Nobody else has the backup open yet,
/// so that closing it drops no lock.
void sync(const fs::path& from, const fs::path& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const bool done = file >= 0 && ::fsync(file) == 0;
    const int error = errno;
    if (file >= 0) {
        ::close(file);
    }
    if (!done) {
        refuse(from, path, std::string{std::strerror(error)} + "; see that the disk is whole");
    }
}

/// Removes a file, and what SQLite may have left beside it.
void clean_up(const fs::path& path) noexcept {
    std::error_code ignored;
    fs::remove(path, ignored);
    fs::remove(fs::path{path}.concat("-journal"), ignored);
}

} // namespace

void backup(const fs::path& from, const fs::path& to, std::chrono::milliseconds busy_timeout) {
    const fs::path path = resolve(from, to);
    // Under another name until it is whole: who finds it under its own can trust it.
    const fs::path partial = fs::path{path}.concat("-partial");
    clean_up(partial);
    try {
        const std::string doing = "write the backup " + path.string() + " of";
        const std::string target = partial.string();
        Connection connection{from, Access::read_only, busy_timeout};
        Statement{connection, "VACUUM INTO ?1", doing.c_str()}.execute(std::string_view{target});
        connection.check_unchanged();
        sync(from, partial);
        std::error_code error;
        fs::rename(partial, path, error);
        if (error) {
            refuse(from, to, error.message());
        }
        sync(from, path.parent_path());
    } catch (...) {
        clean_up(partial);
        throw;
    }
}

} // namespace bus::sqlite
