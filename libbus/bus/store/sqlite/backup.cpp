#include <bus/store/event_store.hpp>
#include <bus/store/sqlite/backup.hpp>
#include <bus/store/sqlite/connection.hpp>
#include <bus/store/sqlite/copy.hpp>
#include <bus/store/sqlite/file_like.hpp>
#include <bus/store/sqlite/system_advice.hpp>

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

[[noreturn]] void refuse(const fs::path& from, const fs::path& to, const std::error_code& error) {
    refuse(from, to,
           error.message() + "; " +
               internal::advice_on_system_error(error.value(), to.parent_path()));
}

/// The absolute path of the backup.
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
        refuse(from, to, "it exists already; name a new file, or remove that one first");
    }
    if (!fs::is_directory(path.parent_path(), error)) {
        refuse(from, to, "its folder does not exist; create it first");
    }
    return path;
}

/// Syncs a file, or the names in a folder, to the disk. No other program has the backup open yet,
/// so closing it drops no lock.
void sync(const fs::path& from, const fs::path& path) {
    const int file = internal::open_to_read(path);
    const bool done = file >= 0 && internal::sync_file(file);
    const int error = errno;
    if (file >= 0) {
        internal::close_file(file);
    }
    if (!done) {
        refuse(from, path, std::error_code{error, std::system_category()});
    }
}

/// Removes a file, and the files that SQLite may have left beside it.
void clean_up(const fs::path& path) noexcept {
    std::error_code ignored;
    for (const char* const end : {"", "-journal", "-wal", "-shm"}) {
        fs::remove(fs::path{path}.concat(end), ignored);
    }
}

} // namespace

void write_copy(Connection& from, const fs::path& to, const internal::FileRights& like) {
    // The copy has another name until it is complete, so that a file with the final name can be
    // trusted.
    const fs::path partial = fs::path{to}.concat("-partial");
    internal::check_length(partial, "write");
    clean_up(partial);
    try {
        // Created before SQLite would create it with the rights that the umask leaves.
        internal::make_file_like(like, partial);
        const std::string doing = "write the copy " + to.string() + " of";
        const std::string target = partial.string();
        Statement{from, "VACUUM INTO ?1", doing.c_str()}.execute(std::string_view{target});
        from.check_unchanged();
        begin_copy(partial);
        sync(from.path(), partial);
        std::error_code error;
        fs::rename(partial, to, error);
        if (error) {
            refuse(from.path(), to, error);
        }
        sync(from.path(), to.parent_path());
    } catch (const fs::filesystem_error& error) {
        clean_up(partial);
        refuse(from.path(), to, error.code());
    } catch (...) {
        clean_up(partial);
        throw;
    }
}

void backup(const fs::path& from, const fs::path& to, std::chrono::milliseconds busy_timeout) {
    const fs::path path = resolve(from, to);
    Connection connection{from, Access::read_only, busy_timeout};
    const auto like = internal::status_of(from);
    if (!like) {
        refuse(from, to, std::error_code{errno, std::system_category()});
    }
    write_copy(connection, path, like->rights);
}

} // namespace bus::sqlite
