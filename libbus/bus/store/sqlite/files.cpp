#include <bus/store/sqlite/files.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

namespace bus::sqlite {

namespace {

namespace fs = std::filesystem;

StoreError cannot_look(const fs::path& name, int error) {
    return StoreError{"cannot see whether " + name.string() +
                      " is still the file of this store: " + std::strerror(error) +
                      "; see that this user may search its folders, and that their disk is there"};
}

bool says_gone(int error) noexcept {
    return error == ENOENT || error == ENOTDIR || error == ELOOP;
}

/// Returns false if a name cannot be looked at; errno then says why.
///
/// If a program asks Linux (6.13 and newer) for the time of a file's last change, the next change
/// gets a time exact to the nanosecond, which must be written to the disk. Each commit would then
/// wait for one more write. Therefore this asks for the time only of a database, which commits do
/// not write.
bool see(const fs::path& name, bool with_time, SeenFile& seen) noexcept {
    const auto file = internal::glance_at(name, with_time);
    if (file) {
        seen = {file->id, file->size, file->changed};
    }
    return file.has_value();
}

} // namespace

FileNames::FileNames(const fs::path& given, fs::path path, bool writes) : path_{std::move(path)} {
    std::error_code error;
    const fs::path called = fs::absolute(given, error).lexically_normal();
    if (!error && called != path_) {
        add(fs::absolute(given), FileRole::database);
    }
    add(path_, FileRole::database);
    if (writes) {
        add(fs::path{path_}.concat("-wal"), FileRole::log);
        add(fs::path{path_}.concat("-shm"), FileRole::index);
    }
}

void FileNames::add(fs::path path, FileRole role) {
    SeenFile file;
    if (!see(path, false, file)) {
        throw cannot_look(path, errno);
    }
    names_.push_back({std::move(path), role, file.id});
}

std::optional<NameChange> FileNames::change(Seen& seen) const {
    for (std::size_t i = 0; i < names_.size(); ++i) {
        const Name& name = names_[i];
        if (!see(name.path, name.role == FileRole::database, seen[i])) {
            if (!says_gone(errno)) {
                throw cannot_look(name.path, errno);
            }
            return NameChange{name.path, name.role, true};
        }
        if (seen[i].id != name.id) {
            return NameChange{name.path, name.role, false};
        }
    }
    return std::nullopt;
}

void FileNames::check(const char* doing) const {
    if (const auto found = change()) {
        throw StoreLost{std::string{"cannot "} + doing + " sqlite:" + path_.string() + ": " +
                        to_text(*found) + " since it was opened; open the store again"};
    }
}

std::size_t FileNames::index_of(FileRole role) const noexcept {
    // Two names may lead to the database. The second one is PATH itself, but the first one will do.
    const auto found = std::find_if(names_.begin(), names_.end(),
                                    [role](const Name& name) { return name.role == role; });
    return static_cast<std::size_t>(std::distance(names_.begin(), found));
}

FileId FileNames::id(FileRole role) const noexcept {
    const std::size_t index = index_of(role);
    return index < names_.size() ? names_[index].id : FileId{};
}

std::string to_text(const NameChange& change) {
    if (change.gone) {
        return change.name.string() + " was removed or moved";
    }
    return change.name.string() + " was replaced by another file";
}

} // namespace bus::sqlite
