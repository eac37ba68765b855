#include <bus/store/event_store.hpp>
#include <bus/store/internal/system_advice.hpp>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace bus::internal {

namespace {

namespace fs = std::filesystem;

/// The longest suffix that SQLite appends to the path of a database; those of libbus are no longer.
constexpr std::string_view longest_end = "-journal";

std::string advice_on_descriptors() {
    rlimit limit{};
    std::string text = "no file descriptor is left";
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        text += " (this process may have " + std::to_string(limit.rlim_cur) + ")";
    }
    return text + ": close files or connections, or raise the limit (ulimit -n, or LimitNOFILE= of "
                  "a systemd unit), and try again; nothing is lost";
}

} // namespace

bool is_out_of_descriptors(int error) noexcept {
    if (error == EMFILE || error == ENFILE) {
        return true;
    }
    const int before = errno;
    const int file = ::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool none = file < 0 && (errno == EMFILE || errno == ENFILE);
    if (file >= 0) {
        ::close(file);
    }
    errno = before;
    return none;
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

void occupy_standard_files() noexcept {
    int file = STDIN_FILENO;
    while (file >= 0 && file <= STDERR_FILENO) {
        if (::fcntl(file, F_GETFD) >= 0) {
            ++file;
        } else if (::open("/dev/null", O_RDWR) < 0) { // takes the lowest free number
            return;
        }
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
    const long said = ::pathconf(path.parent_path().c_str(), _PC_NAME_MAX);
    const auto most = static_cast<std::size_t>(said > 0 ? said : 255) - longest_end.size();
    if (const std::size_t name = path.filename().string().size(); name > most) {
        refuse("name", name, most, "choose a shorter name");
    }
}

} // namespace bus::internal
