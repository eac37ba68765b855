#include <bus/store/event_store.hpp>
#include <bus/store/internal/sqlite_swap.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <system_error>

namespace bus::sqlite {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const char* doing, const fs::path& path, int error) {
    throw StoreError{std::string{"cannot "} + doing + ' ' + path.string() + ": " +
                     std::strerror(error) +
                     "; see that this user may write there and that the disk is whole"};
}

void move_only(const fs::path& from, const fs::path& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) {
        fail("rename", from, errno);
    }
}

} // namespace

fs::path side_path(const fs::path& path, const char* end) {
    return fs::path{path}.concat(end);
}

bool has_name(const fs::path& path) {
    std::error_code ignored;
    return fs::exists(fs::symlink_status(path, ignored));
}

void sync_path(const fs::path& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        fail("open", path, errno);
    }
    const int error = ::fsync(file) == 0 ? 0 : errno;
    ::close(file);
    if (error != 0) {
        fail("write to the disk", path, error);
    }
}

void make_private(const fs::path& path) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        fail("make", path, errno);
    }
    ::close(file);
}

void copy_rights(const fs::path& original, const fs::path& copy) {
    constexpr mode_t rights = 07777;

    struct stat there {};

    if (::stat(original.c_str(), &there) != 0) {
        fail("read the mode of", original, errno);
    }
    // The owner is set first, because a change of owner removes some modes.
    if (::geteuid() == 0 && ::chown(copy.c_str(), there.st_uid, there.st_gid) != 0) {
        fail("set the owner of", copy, errno);
    }
    if (::chmod(copy.c_str(), there.st_mode & rights) != 0) {
        fail("set the mode of", copy, errno);
    }
}

void move_file(const fs::path& from, const fs::path& to) {
    move_only(from, to);
    sync_path(to.parent_path());
}

void exchange(const fs::path& replacement, const fs::path& path, const fs::path& kept) {
    if (::renameat2(AT_FDCWD, replacement.c_str(), AT_FDCWD, path.c_str(), RENAME_EXCHANGE) == 0) {
        sync_path(path.parent_path());
        move_file(replacement, kept);
        return;
    }
    if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP) {
        fail("replace", path, errno);
    }
    std::error_code error;
    fs::copy_file(path, kept, error);
    if (error) {
        fail("keep a copy of", path, error.value());
    }
    copy_rights(path, kept);
    sync_path(kept);
    move_file(replacement, path);
}

} // namespace bus::sqlite
