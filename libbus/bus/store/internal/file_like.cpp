#include <bus/store/internal/file_like.hpp>
#include <bus/store/internal/system_advice.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace bus::internal {

namespace {

namespace fs = std::filesystem;

constexpr mode_t only_maker = S_IRUSR | S_IWUSR;
constexpr mode_t all_rights = S_IRWXU | S_IRWXG | S_IRWXO;

[[noreturn]] void fail(const fs::path& file) {
    throw fs::filesystem_error{"cannot make the file", file,
                               std::error_code{errno, std::system_category()}};
}

/// Creates a file that only this user can open.
int open_new(const fs::path& file) {
    occupy_standard_files();
    const int made = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, only_maker);
    if (made < 0) {
        fail(file);
    }
    return made;
}

/// The rights that a file with this owner and group may get.
mode_t mode_for(const struct stat& like, int file) {
    mode_t mode = (like.st_mode & all_rights) | only_maker;
    if (::geteuid() == 0 && ::fchown(file, like.st_uid, like.st_gid) == 0) {
        return mode;
    }

    struct stat made {};

    const bool same_group =
        ::fstat(file, &made) == 0 &&
        (made.st_gid == like.st_gid || ::fchown(file, static_cast<uid_t>(-1), like.st_gid) == 0);
    return same_group ? mode : mode & ~static_cast<mode_t>(S_IRWXG);
}

template <class ModeOf>
void make(const fs::path& file, ModeOf mode_of) {
    const int made = open_new(file);
    // The owner is set before the mode, because a change of owner may remove rights.
    const bool done = ::fchmod(made, mode_of(made)) == 0;
    const int error = errno;
    ::close(made);
    if (!done) {
        ::unlink(file.c_str());
        errno = error;
        fail(file);
    }
}

} // namespace

void make_file(mode_t mode, const fs::path& file) {
    make(file, [mode](int /*made*/) { return mode; });
}

void make_file_like(const struct stat& like, const fs::path& file) {
    make(file, [&like](int made) { return mode_for(like, made); });
}

void make_file_like(const fs::path& like, const fs::path& file) {
    struct stat seen {};

    if (::stat(like.c_str(), &seen) != 0) {
        fail(like);
    }
    make_file_like(seen, file);
}

} // namespace bus::internal
