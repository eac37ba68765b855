#include <bus/store/sqlite/system_files.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <system_error>

namespace bus::internal {

namespace {

namespace fs = std::filesystem;

constexpr mode_t only_this_user = S_IRUSR | S_IWUSR;
constexpr mode_t all_modes = 07777;

FileStatus status_from(const struct stat& file) noexcept {
    return {.id = {file.st_dev, file.st_ino},
            .rights = {file.st_uid, file.st_gid, file.st_mode & all_modes},
            .regular = S_ISREG(file.st_mode),
            .names = file.st_nlink,
            .size = file.st_size,
            .changed = file.st_mtim};
}

struct flock lock_of(std::int64_t byte, short type) noexcept {
    struct flock lock {};

    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    lock.l_start = byte;
    lock.l_len = 1;
    return lock;
}

int change_lock(int file, int command, std::int64_t byte, short type) noexcept {
    struct flock lock = lock_of(byte, type);
    return ::fcntl(file, command, &lock) == 0 ? 0 : errno;
}

/// The lock that would refuse ours, if there is one.
std::optional<struct flock> lock_in_the_way(int file, int command, std::int64_t byte) noexcept {
    struct flock asked = lock_of(byte, F_WRLCK);
    if (::fcntl(file, command, &asked) != 0 || asked.l_type == F_UNLCK) {
        return std::nullopt;
    }
    return asked;
}

} // namespace

std::optional<FileStatus> status_of(const fs::path& path) noexcept {
    struct stat file {};

    return ::stat(path.c_str(), &file) == 0 ? std::optional{status_from(file)} : std::nullopt;
}

std::optional<FileStatus> status_of_name(const fs::path& path) noexcept {
    struct stat file {};

    return ::lstat(path.c_str(), &file) == 0 ? std::optional{status_from(file)} : std::nullopt;
}

std::optional<FileStatus> status_of(int file) noexcept {
    struct stat seen {};

    return ::fstat(file, &seen) == 0 ? std::optional{status_from(seen)} : std::nullopt;
}

std::optional<FileStatus> glance_at(const fs::path& path, bool changed) noexcept {
#ifdef STATX_INO
    struct statx file {};

    const unsigned wanted =
        unsigned{STATX_INO} | unsigned{STATX_SIZE} | (changed ? unsigned{STATX_MTIME} : 0U);
    if (::statx(AT_FDCWD, path.c_str(), 0, wanted, &file) == 0) {
        FileStatus seen;
        seen.id = {makedev(file.stx_dev_major, file.stx_dev_minor), file.stx_ino};
        seen.size = static_cast<std::int64_t>(file.stx_size);
        seen.changed.tv_sec = static_cast<std::time_t>(file.stx_mtime.tv_sec);
        seen.changed.tv_nsec = static_cast<long>(file.stx_mtime.tv_nsec);
        return seen;
    }
    if (errno != ENOSYS && errno != EPERM) { // else an older sandbox does not know the call
        return std::nullopt;
    }
#endif
    return status_of(path);
}

bool may_read(const fs::path& path) noexcept {
    return ::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) == 0;
}

bool may_write(const fs::path& path) noexcept {
    return ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0;
}

bool may_make_files_in(const fs::path& folder) noexcept {
    return ::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) == 0;
}

std::size_t longest_name_in(const fs::path& folder) noexcept {
    constexpr std::size_t usual = 255;
    const long said = ::pathconf(folder.c_str(), _PC_NAME_MAX);
    return said > 0 ? static_cast<std::size_t>(said) : usual;
}

int open_to_read(const fs::path& path) noexcept {
    return ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
}

int open_to_read_at_once(const fs::path& path) noexcept {
    return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

int open_to_write(const fs::path& path) noexcept {
    return ::open(path.c_str(), O_RDWR | O_CLOEXEC);
}

int make_new(const fs::path& path) noexcept {
    return ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, only_this_user);
}

int open_or_make(const fs::path& path) noexcept {
    constexpr int flags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | flags, only_this_user);
    return file < 0 && errno == EACCES ? ::open(path.c_str(), O_RDONLY | flags) : file;
}

int open_without_content(const fs::path& path) noexcept {
    return ::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

void close_file(int file) noexcept {
    const int before = errno; // of what failed before this
    ::close(file);
    errno = before;
}

std::string beginning_of(int file, std::size_t bytes) {
    std::string text(bytes, '\0');
    const ssize_t size = ::pread(file, text.data(), text.size(), 0);
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
}

bool replace_content(int file, const std::string& text) noexcept {
    return ::ftruncate(file, 0) == 0 &&
           ::pwrite(file, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
}

bool sync_file(int file) noexcept {
    return ::fsync(file) == 0;
}

bool is_root() noexcept {
    return ::geteuid() == 0;
}

bool give_file(int file, std::optional<std::uint32_t> owner, std::uint32_t group) noexcept {
    // Works with O_PATH too.
    return ::fchownat(file, "", owner.value_or(static_cast<uid_t>(-1)), group, AT_EMPTY_PATH) == 0;
}

bool give_file(const fs::path& path, std::uint32_t owner, std::uint32_t group) noexcept {
    return ::chown(path.c_str(), owner, group) == 0;
}

bool set_mode(int file, std::uint32_t mode) noexcept {
    if (::fchmod(file, mode) == 0) {
        return true;
    }
    if (errno != EBADF) { // which a file that was opened without content leads to
        return false;
    }
    std::array<char, 32> itself{};
    static_cast<void>(std::snprintf(itself.data(), itself.size(), "/proc/self/fd/%d", file));
    return ::chmod(itself.data(), mode) == 0;
}

bool set_mode(const fs::path& path, std::uint32_t mode) noexcept {
    return ::chmod(path.c_str(), mode) == 0;
}

bool rename_file(const fs::path& from, const fs::path& to) noexcept {
    return ::rename(from.c_str(), to.c_str()) == 0;
}

bool exchange_names(const fs::path& a, const fs::path& b) noexcept {
    return ::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) == 0;
}

bool remove_name(const fs::path& path) noexcept {
    return ::unlink(path.c_str()) == 0;
}

int lock_file(int file) noexcept {
    return ::flock(file, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
}

int lock_byte(int file, std::int64_t byte) noexcept {
    const int error = change_lock(file, F_OFD_SETLK, byte, F_WRLCK);
    return error == EINVAL ? lock_file(file) : error; // EINVAL: a system without such locks
}

void unlock_file(int file, std::int64_t byte) noexcept {
    change_lock(file, F_OFD_SETLK, byte, F_UNLCK);
    ::flock(file, LOCK_UN);
}

bool is_byte_locked(int file, std::int64_t byte) noexcept {
    return lock_in_the_way(file, F_OFD_GETLK, byte).has_value();
}

int lock_byte_for_process(int file, std::int64_t byte) noexcept {
    return change_lock(file, F_SETLK, byte, F_WRLCK);
}

void unlock_byte_for_process(int file, std::int64_t byte) noexcept {
    change_lock(file, F_SETLK, byte, F_UNLCK);
}

std::optional<std::int64_t> process_of_lock(int file, std::int64_t byte) noexcept {
    const auto lock = lock_in_the_way(file, F_GETLK, byte);
    return lock && lock->l_pid > 0 ? std::optional<std::int64_t>{lock->l_pid} : std::nullopt;
}

std::vector<fs::path> open_files_of(std::int64_t process) {
    std::vector<fs::path> files;
    std::error_code error;
    const fs::path folder = fs::path{"/proc"} / std::to_string(process) / "fd";
    // The process may end meanwhile: what was found until then counts.
    for (fs::directory_iterator entry{folder, error}, end; !error && entry != end;
         entry.increment(error)) {
        files.push_back(entry->path());
    }
    return files;
}

std::string program_of(std::int64_t process) {
    std::string program;
    std::ifstream command{fs::path{"/proc"} / std::to_string(process) / "cmdline"};
    std::getline(command, program, '\0');
    return fs::path{program}.filename().string();
}

std::optional<std::uint64_t> most_open_files() noexcept {
    rlimit limit{};
    const bool limited = ::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
    return limited ? std::optional<std::uint64_t>{limit.rlim_cur} : std::nullopt;
}

bool is_out_of_files() noexcept {
    const int before = errno;
    const int file = ::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool none = file < 0 && (errno == EMFILE || errno == ENFILE);
    if (file >= 0) {
        ::close(file);
    }
    errno = before;
    return none;
}

void occupy_standard_files() noexcept {
    int file = STDIN_FILENO;
    while (file >= 0 && file <= STDERR_FILENO) {
        if (::fcntl(file, F_GETFD) >= 0) {
            ++file;
        } else if (::open("/dev/null", O_RDWR) < 0) { // takes the lowest number
            return;
        }
    }
}

} // namespace bus::internal
