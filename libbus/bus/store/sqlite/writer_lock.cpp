#include <bus/runtime/internal/system.hpp>
#include <bus/store/event_store.hpp>
#include <bus/store/sqlite/system_advice.hpp>
#include <bus/store/sqlite/system_files.hpp>
#include <bus/store/sqlite/writer_lock.hpp>

#include <sqlite3.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace bus::internal {

namespace {

namespace fs = std::filesystem;

fs::path beside(const fs::path& store, const char* end) {
    return fs::path{store}.concat(end);
}

std::string called(const std::string& program, std::int64_t process) {
    return program + " (process " + std::to_string(process) + ")";
}

/// The content of a lock file; empty while its owner is just writing it.
std::string read_owner(int file) {
    std::string owner = beginning_of(file, 256);
    while (!owner.empty() && owner.back() == '\n') {
        owner.pop_back();
    }
    return owner;
}

std::string read_owner(const fs::path& lock_file) {
    const int file = open_to_read_at_once(lock_file);
    if (file < 0) {
        return {};
    }
    std::string owner = read_owner(file);
    close_file(file);
    return owner;
}

void write_owner(int file, const std::string& owner) {
    // The text is only for a message, so a full disk must not keep an owner from its store.
    replace_content(file, owner + "\n");
}

/// The name that a process has written into the lock file that it has open, wherever that file is
/// and even if it was removed. If there is none, the name of its program.
std::string name_of(std::int64_t process) {
    const std::string told_as = " (process " + std::to_string(process) + ")";
    for (const fs::path& file : open_files_of(process)) {
        std::error_code ignored;
        const std::string target = fs::read_symlink(file, ignored).string();
        if (target.ends_with("-lock") || target.ends_with("-lock (deleted)")) {
            if (std::string owner = read_owner(file); owner.ends_with(told_as)) {
                return owner;
            }
        }
    }
    const std::string program = program_of(process);
    return called(program.empty() ? "another program" : program, process);
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
void give_rights_of(const FileRights& store, int file) {
    give_file(file, is_root() ? std::optional{store.owner} : std::nullopt, store.group);
    set_mode(file, store.mode & 0777U);
}

/// Guards against links: a name that leads elsewhere could change the rights of, or empty, a file
/// that does not belong to the store.
bool is_plain(int file) {
    const auto found = status_of(file);
    return found && found->plain();
}

bool same_rights(const FileRights& a, const FileRights& b) {
    return a.owner == b.owner && a.group == b.group && (a.mode & 0777U) == (b.mode & 0777U);
}

/// Does not open the file, because closing it would drop SQLite's locks on it.
void give_rights_of(const FileRights& store, const fs::path& path) {
    const int file = open_without_content(path);
    if (file < 0) {
        return;
    }
    const auto found = status_of(file);
    if (found && found->plain() && !same_rights(found->rights, store)) {
        give_rights_of(store, file);
    }
    close_file(file);
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
      owner_{called(program.empty() ? program_name() : program, process_id())} {
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
            ", and new commits are first written to a file beside one of its names: leave it only "
            "one name (`find DIRECTORY -samefile FILE` lists them), and open it by that name"};
    }
}

WriterLock::WriterLock(const fs::path& store, const std::string& program)
    : WriterLock{DatabaseFile::find(store), store, program} {
    lock_beside();
}

WriterLock::~WriterLock() {
    if (beside_ >= 0) {
        replace_content(beside_, "");
        close_file(beside_);
    }
    if (file_) {
        file_->unlock();
    }
}

void WriterLock::in_child() noexcept {
    if (beside_ >= 0) {
        close_file(beside_);
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
    // A lock needs no right to write: a user who may only read the file gets the lock too, but
    // cannot leave a name in it.
    const int file = open_or_make(path);
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
    const int error = plain ? lock_file(file) : 0;
    if (!plain || error != 0) {
        close_file(file);
    }
    if (!plain) {
        throw cannot("it is not a plain file, or has several names; remove it");
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
    const auto store = status_of(store_);
    if (!store) {
        return; // whoever watches the file tells that it has gone
    }
    for (const char* end : {"-lock", "-wal", "-shm", "-journal"}) {
        give_rights_of(store->rights, beside(store_, end));
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
                             "new commits are first written to a file beside that name: use that "
                             "name"};
        }
        sqlite3_sleep(pause_ms);
    }
}

} // namespace bus::internal
