#include <bus/store/event_store.hpp>
#include <bus/store/sqlite/system_advice.hpp>
#include <bus/store/sqlite/system_files.hpp>

#include <sqlite3.h>

#include <cerrno>
#include <string_view>

namespace bus::internal {

namespace {

namespace fs = std::filesystem;

/// The longest suffix that SQLite appends to the path of a database; those of libbus are no longer.
constexpr std::string_view longest_end = "-journal";

std::string advice_on_descriptors() {
    std::string text = "no file descriptor is left";
    if (const auto most = most_open_files()) {
        text += " (this process may have " + std::to_string(*most) + ")";
    }
    return text + ": close files or connections, or raise the limit (ulimit -n, or LimitNOFILE= of "
                  "a systemd unit), and try again; nothing is lost";
}

} // namespace

bool is_out_of_descriptors(int error) noexcept {
    return error == EMFILE || error == ENFILE || is_out_of_files();
}

std::string advice_on_system_error(int error, const fs::path& folder) {
    switch (error) {
    case EMFILE:
    case ENFILE: return advice_on_descriptors();
    case ENOLCK:
        return "its file system gives no locks (an NFS mount without a lock service, or the "
               "system's table of locks is full): put the store on a local disk, or let the mount "
               "lock files";
    case ENAMETOOLONG: return "it is too long for the file system: choose a shorter name or path";
    case ENOSPC:
    case EDQUOT: return "free space there and try again";
    case EACCES:
    case EPERM:
        return "allow this user to write in " + folder.string() + ", or name another folder";
    case EROFS: return folder.string() + " is on a disk that is read-only: name another folder";
    case ENOENT:
    case ENOTDIR: return "see that the folders of the path exist";
    default: return "see the system's log, and that the disk of " + folder.string() + " is whole";
    }
}

std::size_t longest_path() noexcept {
    return static_cast<std::size_t>(sqlite3_vfs_find(nullptr)->mxPathname) - longest_end.size();
}

void check_length(const fs::path& path, const char* doing) {
    const std::string text = path.string();
    const auto refuse = [&](const char* what, std::size_t has, std::size_t most, const char* then) {
        throw StoreError{std::string{"cannot "} + doing + " sqlite:" + text + ": its " + what +
                         " has " + std::to_string(has) +
                         " bytes, and SQLite, which needs room for " + std::string{longest_end} +
                         " behind it, takes at most " + std::to_string(most) + ": " + then};
    };
    if (text.size() > longest_path()) {
        refuse("path", text.size(), longest_path(), "put the file in a folder with a shorter path");
    }
    const std::size_t most = longest_name_in(path.parent_path()) - longest_end.size();
    if (const std::size_t name = path.filename().string().size(); name > most) {
        refuse("name", name, most, "choose a shorter name");
    }
}

} // namespace bus::internal
