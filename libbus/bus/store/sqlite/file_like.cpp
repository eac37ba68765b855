#include <bus/store/sqlite/file_like.hpp>
#include <bus/store/sqlite/system_advice.hpp>

#include <cerrno>
#include <system_error>

namespace bus::internal {

namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t only_maker = 0600;
constexpr std::uint32_t of_group = 0070;
constexpr std::uint32_t all_rights = 0777;

[[noreturn]] void fail(const fs::path& file) {
    throw fs::filesystem_error{"cannot make the file", file,
                               std::error_code{errno, std::system_category()}};
}

/// Creates a file that only this user can open.
int open_new(const fs::path& file) {
    occupy_standard_files();
    const int made = make_new(file);
    if (made < 0) {
        fail(file);
    }
    return made;
}

/// The rights that a file with this owner and group may get.
std::uint32_t mode_for(const FileRights& like, int file) {
    const std::uint32_t mode = (like.mode & all_rights) | only_maker;
    if (is_root() && give_file(file, like.owner, like.group)) {
        return mode;
    }
    const auto made = status_of(file);
    const bool same_group =
        made && (made->rights.group == like.group || give_file(file, std::nullopt, like.group));
    return same_group ? mode : mode & ~of_group;
}

template <class ModeOf>
void make(const fs::path& file, ModeOf mode_of) {
    const int made = open_new(file);
    // The owner is set before the mode, because a change of owner may remove rights.
    const bool done = set_mode(made, mode_of(made));
    const int error = errno;
    close_file(made);
    if (!done) {
        remove_name(file);
        errno = error;
        fail(file);
    }
}

} // namespace

void make_file(std::uint32_t mode, const fs::path& file) {
    make(file, [mode](int /*made*/) { return mode; });
}

void make_file_like(const FileRights& like, const fs::path& file) {
    make(file, [&like](int made) { return mode_for(like, made); });
}

void make_file_like(const fs::path& like, const fs::path& file) {
    const auto seen = status_of(like);
    if (!seen) {
        fail(like);
    }
    make_file_like(seen->rights, file);
}

} // namespace bus::internal
