#pragma once

#include <bus/runtime/home_process.hpp>
#include <bus/store/sqlite/database_file.hpp>

#include <filesystem>
#include <memory>
#include <string>

namespace bus::internal {

/// Says that one process writes a store, with two locks. The first one is on the database file
/// itself (DatabaseFile), so that no other writer gets in by another path, or because a file was
/// removed. The second one is a lock with flock on PATH-lock beside the store, as in all versions
/// of libbus; this file holds the program name and process id of the owner, for the message to a
/// process that is refused.
///
/// The system drops both locks when the process ends, however it ends. PATH-lock itself
/// stays: if it were removed, another process could lock a file that is just disappearing.
class WriterLock : private detail::ForkListener {
public:
    /// Locks only the database file, for the time when it is not yet known to be a store. `file`
    /// may be null; SQLite then reports why it cannot be opened. `program` is the name of this
    /// process in messages; empty: the process's own name. Throws StoreInUse if another process has
    /// the lock, and StoreError if the file has several names or cannot be locked.
    WriterLock(std::shared_ptr<DatabaseFile> file, std::filesystem::path store,
               const std::string& program);
    /// Takes both locks at once; for a file that is known to be a store.
    WriterLock(const std::filesystem::path& store, const std::string& program);
    ~WriterLock() override;
    WriterLock(const WriterLock&) = delete;
    WriterLock& operator=(const WriterLock&) = delete;

    /// Locks PATH-lock too. Throws StoreInUse as above, and StoreError if the file cannot be used.
    void lock_beside();

    /// To be called after SQLite has the file open permanently. Shows other processes which one
    /// writes the store. Gives the files beside the store its mode and, if this process is root,
    /// its owner, so that what a command of root leaves behind does not lock out the program that
    /// owns the store.
    void settle();

private:
    /// The child must not keep the lock.
    void in_child() noexcept override;
    void give_rights() const;

    std::shared_ptr<DatabaseFile> file_;
    std::filesystem::path store_;
    std::string owner_;
    int beside_ = -1;
};

/// A process that reads a store, or makes a request in it, must use the same path as the writer,
/// because committed data is first in a file beside that path. Waits a moment in case the writer
/// has only just opened the store. Throws StoreError if the path is another one.
void refuse_other_door(const DatabaseFile& file, const std::filesystem::path& store);

} // namespace bus::internal
