#include <bus/store/event_store.hpp>
#include <bus/store/internal/system_advice.hpp>
#include <bus/store/internal/writer_lock.hpp>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

namespace bus::internal {

namespace {

namespace fs = std::filesystem;

fs::path beside(const fs::path& store, const char* end) {
    return fs::path{store}.concat(end);
}

std::string called(const std::string& program, pid_t process) {
    return program + " (process " + std::to_string(process) + ")";
}

/// The content of a lock file; empty while its owner is just writing it.
std::string read_owner(int file) {
    std::array<char, 256> text{};
    const ssize_t size = ::pread(file, text.data(), text.size(), 0);
    std::string owner{text.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
    while (!owner.empty() && owner.back() == '\n') {
        owner.pop_back();
    }
    return owner;
}

std::string read_owner(const fs::path& lock_file) {
    const int file = ::open(lock_file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) {
        return {};
    }
    std::string owner = read_owner(file);
    ::close(file);
    return owner;
}

void write_owner(int file, const std::string& owner) {
    const std::string line = owner + "\n";
    // The text is only for a message, so a full disk must not keep an owner from its store.
    if (::ftruncate(file, 0) == 0) {
        [[maybe_unused]] const ssize_t written = ::pwrite(file, line.data(), line.size(), 0);
    }
}

/// The name that a process has written into the lock file that it has open, wherever that file is
/// and even if it was removed. If there is none, the name of its program.
std::string name_of(pid_t process) {
    const fs::path about = fs::path{"/proc"} / std::to_string(process);
    const std::string told_as = " (process " + std::to_string(process) + ")";
    std::error_code error;
    for (const auto& entry : fs::directory_iterator{about / "fd", error}) {
        const std::string target = fs::read_symlink(entry.path(), error).string();
        if (target.ends_with("-lock") || target.ends_with("-lock (deleted)")) {
            if (std::string owner = read_owner(entry.path()); owner.ends_with(told_as)) {
                return owner;
            }
        }
    }
    std::string program;
    std::ifstream command{about / "cmdline"};
    std::getline(command, program, '\0');
    return called(program.empty() ? "another program" : fs::path{program}.filename().string(),
                  process);
}

struct Owner {
    std::string name;
    bool sure = true; ///< false: a child may have inherited the lock
};

/// The process that writes a locked store.
Owner owner_of(const DatabaseFile* file, const fs::path& store) {
    if (file != nullptr) {
        if (std::string here = file->owner_here(); !here.empty()) {
            return {std::move(here)};
        }
        if (const auto process = file->owner_process()) {
            return {name_of(*process)};
        }
    }
    std::string said = read_owner(beside(store, "-lock"));
    return {said.empty() ? "another process" : std::move(said), false};
}

/// Only root can change the owner of a file. Other users keep what they have made, and give it the
/// store's group if they belong to that group. It is right that everything else is refused.
void give_rights_of(const struct stat& store, int file) {
    const uid_t owner = ::geteuid() == 0 ? store.st_uid : static_cast<uid_t>(-1);
    [[maybe_unused]] int refused =
        ::fchownat(file, "", owner, store.st_gid, AT_EMPTY_PATH); // works with O_PATH too
    const fs::path itself = fs::path{"/proc/self/fd"} / std::to_string(file);
    refused = ::chmod(itself.c_str(), store.st_mode & 0777U);
}

/// Guards against links: a name that leads elsewhere could change the rights of, or empty, a file
/// that does not belong to the store.
bool is_plain(const struct stat& file) {
    return S_ISREG(file.st_mode) && file.st_nlink == 1;
}

bool is_plain(int file) {
    struct stat found {};

    return ::fstat(file, &found) == 0 && is_plain(found);
}

bool same_rights(const struct stat& a, const struct stat& b) {
    return a.st_uid == b.st_uid && a.st_gid == b.st_gid &&
           (a.st_mode & 0777U) == (b.st_mode & 0777U);
}

/// Does not open the file, because closing it would drop SQLite's locks on it.
void give_rights_of(const struct stat& store, const fs::path& path) {
    const int file = ::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0) {
        return;
    }

    struct stat found {};

    if (::fstat(file, &found) == 0 && is_plain(found) && !same_rights(found, store)) {
        give_rights_of(store, file);
    }
    ::close(file);
}

/// The file is closed on exec, so that no program started from here keeps the lock. A lock needs no
/// right to write: a user who may only read the file gets the lock too, but cannot leave a name in
/// it.
int open_lock_file(const fs::path& path) {
    constexpr int flags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | flags, 0600);
    return file < 0 && errno == EACCES ? ::open(path.c_str(), O_RDONLY | flags) : file;
}

[[noreturn]] void refuse(const DatabaseFile* file, const fs::path& store) {
    const Owner owner = owner_of(file, store);
    throw StoreInUse{"cannot open sqlite:" + store.string() + " for writing: " + owner.name +
                         (owner.sure ? "" : ", or a child of it,") +
                         " writes it, and a store has one writer: stop that one, or open the store "
                         "read-only",
                     owner.name};
}

} // namespace

WriterLock::WriterLock(std::shared_ptr<DatabaseFile> file, fs::path store,
                       const std::string& program)
    : store_{std::move(store)},
      owner_{called(program.empty() ? program_invocation_short_name : program, ::getpid())} {
    if (!file) {
        return;
    }
    if (!file->lock(store_, owner_)) {
        refuse(file.get(), store_);
    }
    file_ = std::move(file);
    if (const std::size_t names = file_->names(); names != 1 || !file_->is_at(store_)) {
        file_->unlock();
        throw StoreError{
            "cannot open sqlite:" + store_.string() + " for writing: the file has " +
            (names > 1 ? std::to_string(names) + " names (hard links)" : "no longer this name") +
            ", and what is committed lies beside one of them at first: leave it one name (`find "
            "DIRECTORY -samefile FILE` lists them), and open it by that"};
    }
}

WriterLock::WriterLock(const fs::path& store, const std::string& program)
    : WriterLock{DatabaseFile::find(store), store, program} {
    lock_beside();
}

WriterLock::~WriterLock() {
    if (beside_ >= 0) {
        [[maybe_unused]] const int emptied = ::ftruncate(beside_, 0);
        ::close(beside_);
    }
    if (file_) {
        file_->unlock();
    }
}

void WriterLock::in_child() noexcept {
    if (beside_ >= 0) {
        ::close(beside_);
    }
    beside_ = -1;
}

void WriterLock::lock_beside() {
    const fs::path path = beside(store_, "-lock");
    const auto cannot = [this, &path](const std::string& why) {
        return StoreError{"cannot open sqlite:" + store_.string() + " for writing: its lock file " +
                          path.string() + " cannot be used (" + why +
                          "): allow this user to write there, or open the store read-only"};
    };
    const int file = open_lock_file(path);
    const auto cannot_for = [this, &cannot](int error) {
        const bool may_not = error == EACCES || error == EPERM || error == EROFS;
        return may_not ? cannot(std::strerror(error))
                       : StoreError{"cannot open sqlite:" + store_.string() +
                                    " for writing: its lock file cannot be used (" +
                                    std::strerror(error) +
                                    "): " + advice_on_system_error(error, store_.parent_path())};
    };
    if (file < 0) {
        throw cannot_for(errno);
    }
    const bool plain = is_plain(file);
    const int error = plain && ::flock(file, LOCK_EX | LOCK_NB) != 0 ? errno : 0;
    if (!plain || error != 0) {
        ::close(file);
    }
    if (!plain) {
        throw cannot("it is no plain file, or has several names; remove it");
    }
    if (error == EWOULDBLOCK) {
        refuse(nullptr, store_); // the database file itself is locked by us
    }
    if (error != 0) {
        throw cannot_for(error);
    }
    beside_ = file;
    give_rights();
    write_owner(beside_, owner_);
}

void WriterLock::settle() {
    if (file_) {
        file_->show_owner();
    }
    give_rights();
}

void WriterLock::give_rights() const {
    struct stat store {};

    if (::stat(store_.c_str(), &store) != 0) {
        return; // FileWatch reports that the file is gone
    }
    for (const char* end : {"-lock", "-wal", "-shm", "-journal"}) {
        give_rights_of(store, beside(store_, end));
    }
}

void refuse_other_door(const DatabaseFile& file, const fs::path& store) {
    constexpr int pause_ms = 5;
    constexpr int most_pauses = 100;
    const auto is_used = [&store](const char* end) {
        std::error_code ignored;
        return fs::exists(beside(store, end), ignored);
    };
    for (int pauses = 0; file.is_locked() && !(is_used("-wal") && is_used("-shm")); ++pauses) {
        if (pauses == most_pauses) {
            throw StoreError{"cannot open sqlite:" + store.string() + ": " +
                             owner_of(&file, store).name +
                             " writes this file under another name (a link, a bind mount), and "
                             "what is committed lies beside that one at first: use that name"};
        }
        sqlite3_sleep(pause_ms);
    }
}

} // namespace bus::internal
