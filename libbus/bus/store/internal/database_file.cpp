#include <bus/store/event_store.hpp>
#include <bus/store/internal/database_file.hpp>
#include <bus/store/internal/system_advice.hpp>

#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>

namespace bus::internal {

namespace {

namespace fs = std::filesystem;

/// A SQLite database ends before offset 2^48.
constexpr off_t exclusion_byte = 0x6c69'6262'7573'0000;
constexpr off_t identity_byte = exclusion_byte + 1;

struct flock lock_of(off_t byte, short type) {
    struct flock lock {};

    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    lock.l_start = byte;
    lock.l_len = 1;
    return lock;
}

std::optional<DatabaseFile::Key> key_of(const struct stat& file) {
    if (!S_ISREG(file.st_mode)) {
        return std::nullopt;
    }
    return DatabaseFile::Key{file.st_dev, file.st_ino};
}

std::optional<DatabaseFile::Key> key_of(const fs::path& path) {
    struct stat file {};

    return ::stat(path.c_str(), &file) == 0 ? key_of(file) : std::nullopt;
}

std::optional<DatabaseFile::Key> key_of(int descriptor) {
    struct stat file {};

    return ::fstat(descriptor, &file) == 0 ? key_of(file) : std::nullopt;
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
    std::map<Key, Entry> files;

    static Registry& instance() {
        static Registry& made = []() -> Registry& {
            Registry& fresh = *std::make_unique<Registry>().release();
            ::pthread_atfork([] { instance().mutex.lock(); }, [] { instance().mutex.unlock(); },
                             [] {
                                 for (const auto& [key, entry] : instance().files) {
                                     entry.file->close_in_child();
                                 }
                                 instance().mutex.unlock();
                             });
            return fresh;
        }();
        return made;
    }

    /// Must be called with the lock held.
    std::shared_ptr<DatabaseFile> known(const std::optional<Key>& key, const fs::path& path) {
        const auto found = key ? files.find(*key) : files.end();
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
    const std::optional<Key> expected = key_of(path);
    if (std::shared_ptr<DatabaseFile> file = registry.known(expected, path)) {
        return file;
    }
    const int descriptor = expected ? ::open(path.c_str(), O_RDONLY | O_CLOEXEC) : -1;
    if (descriptor < 0) {
        return nullptr;
    }
    const std::optional<Key> key = key_of(descriptor);
    if (std::shared_ptr<DatabaseFile> file = registry.known(key, path)) {
        file->descriptors_.push_back(descriptor); // the path has changed meanwhile
        return file;
    }
    if (!key) {
        ::close(descriptor);
        return nullptr;
    }
    std::shared_ptr<DatabaseFile> file{new DatabaseFile{*key, descriptor}};
    registry.files[*key] = {file.get(), file};
    return file;
}

DatabaseFile::~DatabaseFile() {
    Registry& registry = Registry::instance();
    const std::lock_guard lock{registry.mutex};
    const auto entry = registry.files.find(key_);
    if (entry->second.file == this) {
        std::for_each(descriptors_.begin(), descriptors_.end(), ::close);
        registry.files.erase(entry);
        return;
    }
    // While this waited for the lock, another thread has opened the file anew and has locks on it.
    // So the descriptors must stay open.
    std::vector<int>& heirs = entry->second.file->descriptors_;
    heirs.insert(heirs.end(), descriptors_.begin(), descriptors_.end());
}

void DatabaseFile::close_in_child() noexcept {
    std::for_each(descriptors_.begin(), descriptors_.end(), ::close);
    descriptors_.clear();
    writable_ = -1;
}

void DatabaseFile::refuse_child(const fs::path& path) const {
    if (!home_.here()) {
        throw StoreError{"cannot open sqlite:" + path.string() + " in process " +
                         std::to_string(::getpid()) + ": process " + std::to_string(home_.id()) +
                         ", from which it was forked, had it open then, and SQLite does not "
                         "survive fork(): open it after fork() or daemon() only, or in a program "
                         "that is started anew"};
    }
}

int DatabaseFile::writable(const fs::path& path) {
    if (writable_ >= 0) {
        return writable_;
    }
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
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
    if (key_of(descriptor) != key_) {
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
    struct flock exclusion = lock_of(exclusion_byte, F_WRLCK);
    int error = ::fcntl(descriptor, F_OFD_SETLK, &exclusion) == 0 ? 0 : errno;
    if (error == EINVAL) { // a system without such locks
        error = ::flock(descriptor, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
    }
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
    struct flock identity = lock_of(identity_byte, F_WRLCK);
    // The lock only names the owner.
    [[maybe_unused]] const int refused = ::fcntl(writable_, F_SETLK, &identity);
}

void DatabaseFile::unlock() noexcept {
    const std::lock_guard guard{Registry::instance().mutex};
    struct flock identity = lock_of(identity_byte, F_UNLCK);
    struct flock exclusion = lock_of(exclusion_byte, F_UNLCK);
    ::fcntl(writable_, F_SETLK, &identity);
    ::fcntl(writable_, F_OFD_SETLK, &exclusion);
    ::flock(writable_, LOCK_UN);
    owner_.clear();
}

bool DatabaseFile::is_locked() const {
    const std::lock_guard guard{Registry::instance().mutex};
    struct flock asked = lock_of(exclusion_byte, F_WRLCK);
    return !owner_.empty() ||
           (::fcntl(descriptors_.front(), F_OFD_GETLK, &asked) == 0 && asked.l_type != F_UNLCK);
}

std::string DatabaseFile::owner_here() const {
    const std::lock_guard guard{Registry::instance().mutex};
    return owner_;
}

std::optional<pid_t> DatabaseFile::owner_process() const {
    const std::lock_guard guard{Registry::instance().mutex};
    struct flock asked = lock_of(identity_byte, F_WRLCK);
    if (::fcntl(descriptors_.front(), F_GETLK, &asked) != 0 || asked.l_type == F_UNLCK ||
        asked.l_pid <= 0) {
        return std::nullopt;
    }
    return asked.l_pid;
}

std::string DatabaseFile::beginning(std::size_t bytes) const {
    const std::lock_guard guard{Registry::instance().mutex};
    std::string text(bytes, '\0');
    const ssize_t size = ::pread(descriptors_.front(), text.data(), text.size(), 0);
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
}

std::size_t DatabaseFile::names() const {
    const std::lock_guard guard{Registry::instance().mutex};

    struct stat file {};

    return ::fstat(descriptors_.front(), &file) == 0 ? file.st_nlink : 0;
}

bool DatabaseFile::is_at(const fs::path& path) const {
    return key_of(path) == key_;
}

} // namespace bus::internal
