#include <bus/store/event_store.hpp>
#include <bus/store/sqlite/swap.hpp>
#include <bus/store/sqlite/system_files.hpp>

#include <cerrno>
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
    if (!internal::rename_file(from, to)) {
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
    const int file = internal::open_to_read(path);
    if (file < 0) {
        fail("open", path, errno);
    }
    const int error = internal::sync_file(file) ? 0 : errno;
    internal::close_file(file);
    if (error != 0) {
        fail("write to the disk", path, error);
    }
}

void make_private(const fs::path& path) {
    const int file = internal::make_new(path);
    if (file < 0) {
        fail("make", path, errno);
    }
    internal::close_file(file);
}

void copy_rights(const fs::path& original, const fs::path& copy) {
    const auto there = internal::status_of(original);
    if (!there) {
        fail("read the mode of", original, errno);
    }
    // The owner is set first, because a change of owner removes some modes.
    if (internal::is_root() &&
        !internal::give_file(copy, there->rights.owner, there->rights.group)) {
        fail("set the owner of", copy, errno);
    }
    if (!internal::set_mode(copy, there->rights.mode)) {
        fail("set the mode of", copy, errno);
    }
}

void move_file(const fs::path& from, const fs::path& to) {
    move_only(from, to);
    sync_path(to.parent_path());
}

void exchange(const fs::path& replacement, const fs::path& path, const fs::path& kept) {
    if (internal::exchange_names(replacement, path)) {
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
