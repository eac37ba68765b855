#include <bus/runtime/internal/system.hpp>
#include <bus/store/event_store.hpp>
#include <bus/store/sqlite/database_file.hpp>
#include <bus/store/sqlite/system_advice.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>

namespace bus::internal {

namespace {

namespace fs = std::filesystem;

/// A SQLite database ends before offset 2^48.
constexpr std::int64_t exclusion_byte = 0x6c69'6262'7573'0000;
constexpr std::int64_t identity_byte = exclusion_byte + 1;

std::optional<FileId> id_of(const std::optional<FileStatus>& file) {
    return file && file->regular ? std::optional{file->id} : std::nullopt;
}

} // namespace

/// The files that this process has open. The mutex is held around a fork, so that the child finds
/// the registry in a consistent state.
struct DatabaseFile::Registry {
    struct Entry {
        DatabaseFile* file = nullptr;
        std::weak_ptr<DatabaseFile> shared;
    };

    std::mutex mutex;
    std::map<FileId, Entry> files;

    static Registry& instance() {
        static Registry& made = []() -> Registry& {
            Registry& fresh = *std::make_unique<Registry>().release();
            around_fork([] { instance().mutex.lock(); }, [] { instance().mutex.unlock(); },
                        [] {
                            for (const auto& [id, entry] : instance().files) {
                                entry.file->close_in_child();
                            }
                            instance().mutex.unlock();
                        });
            return fresh;
        }();
        return made;
    }

    /// Must be called with the lock held.
    std::shared_ptr<DatabaseFile> known(const std::optional<FileId>& id, const fs::path& path) {
        const auto found = id ? files.find(*id) : files.end();
        if (found == files.end()) {
            return nullptr;
        }
        found->second.file->refuse_child(path);
        return found->second.shared.lock();
    }
};

std::shared_ptr<DatabaseFile> DatabaseFile::find(const fs::path& path) {
    Registry& registry = Registry::instance();
    const std::lock_guard lock{registry.mutex};
    const std::optional<FileId> expected = id_of(status_of(path));
    if (std::shared_ptr<DatabaseFile> file = registry.known(expected, path)) {
        return file;
    }
    const int descriptor = expected ? open_to_read(path) : -1;
    if (descriptor < 0) {
        return nullptr;
    }
    const std::optional<FileId> id = id_of(status_of(descriptor));
    if (std::shared_ptr<DatabaseFile> file = registry.known(id, path)) {
        file->descriptors_.push_back(descriptor); // the path has changed meanwhile
        return file;
    }
    if (!id) {
        close_file(descriptor);
        return nullptr;
    }
    std::shared_ptr<DatabaseFile> file{new DatabaseFile{*id, descriptor}};
    registry.files[*id] = {file.get(), file};
    return file;
}

DatabaseFile::~DatabaseFile() {
    Registry& registry = Registry::instance();
    const std::lock_guard lock{registry.mutex};
    const auto entry = registry.files.find(id_);
    if (entry->second.file == this) {
        std::for_each(descriptors_.begin(), descriptors_.end(), close_file);
        registry.files.erase(entry);
        return;
    }
    // While this waited for the lock, another thread has opened the file anew and has locks on it.
    // So the descriptors must stay open.
    std::vector<int>& heirs = entry->second.file->descriptors_;
    heirs.insert(heirs.end(), descriptors_.begin(), descriptors_.end());
}

void DatabaseFile::close_in_child() noexcept {
    std::for_each(descriptors_.begin(), descriptors_.end(), close_file);
    descriptors_.clear();
    writable_ = -1;
}

void DatabaseFile::refuse_child(const fs::path& path) const {
    if (!home_.here()) {
        throw StoreError{"cannot open sqlite:" + path.string() + " in process " +
                         std::to_string(process_id()) + ": process " + std::to_string(home_.id()) +
                         ", from which it was forked, had it open then, and SQLite does not "
                         "survive fork(): open it only after fork() or daemon(), or in a newly "
                         "started program"};
    }
}

int DatabaseFile::writable(const fs::path& path) {
    if (writable_ >= 0) {
        return writable_;
    }
    const int descriptor = open_to_write(path);
    if (descriptor < 0) {
        const int error = errno;
        const bool may_not = error == EACCES || error == EPERM || error == EROFS;
        throw StoreError{"cannot open sqlite:" + path.string() + " for writing: " +
                         (may_not ? "the file is read-only for this user; allow writing, or open "
                                    "the store read-only"
                                  : std::strerror(error) + std::string{"; "} +
                                        advice_on_system_error(error, path.parent_path()))};
    }
    descriptors_.push_back(descriptor);
    if (id_of(status_of(descriptor)) != id_) {
        throw StoreError{"cannot open sqlite:" + path.string() +
                         ": another file was put there just now; open it again"};
    }
    writable_ = descriptor;
    return descriptor;
}

bool DatabaseFile::lock(const fs::path& path, const std::string& owner) {
    const std::lock_guard guard{Registry::instance().mutex};
    if (!owner_.empty()) {
        return false;
    }
    const int descriptor = writable(path);
    const int error = lock_byte(descriptor, exclusion_byte);
    if (error == EAGAIN || error == EACCES) {
        return false;
    }
    if (error != 0) {
        throw StoreError{"cannot open sqlite:" + path.string() +
                         " for writing: the file cannot be locked (" + std::strerror(error) +
                         "): " + advice_on_system_error(error, path.parent_path())};
    }
    owner_ = owner;
    return true;
}

void DatabaseFile::show_owner() const {
    const std::lock_guard guard{Registry::instance().mutex};
    lock_byte_for_process(writable_, identity_byte); // only a name: an error is of no concern
}

void DatabaseFile::unlock() noexcept {
    const std::lock_guard guard{Registry::instance().mutex};
    unlock_byte_for_process(writable_, identity_byte);
    unlock_file(writable_, exclusion_byte);
    owner_.clear();
}

bool DatabaseFile::is_locked() const {
    const std::lock_guard guard{Registry::instance().mutex};
    return !owner_.empty() || is_byte_locked(descriptors_.front(), exclusion_byte);
}

std::string DatabaseFile::owner_here() const {
    const std::lock_guard guard{Registry::instance().mutex};
    return owner_;
}

std::optional<std::int64_t> DatabaseFile::owner_process() const {
    const std::lock_guard guard{Registry::instance().mutex};
    return process_of_lock(descriptors_.front(), identity_byte);
}

std::string DatabaseFile::beginning(std::size_t bytes) const {
    const std::lock_guard guard{Registry::instance().mutex};
    return beginning_of(descriptors_.front(), bytes);
}

std::size_t DatabaseFile::names() const {
    const std::lock_guard guard{Registry::instance().mutex};
    const auto file = status_of(descriptors_.front());
    return file ? file->names : 0;
}

bool DatabaseFile::is_at(const fs::path& path) const {
    return id_of(status_of(path)) == id_;
}

} // namespace bus::internal
