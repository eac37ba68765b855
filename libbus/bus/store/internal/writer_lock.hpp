#pragma once

#include <bus/runtime/home_process.hpp>
#include <bus/store/internal/database_file.hpp>

#include <filesystem>
#include <memory>
#include <string>

namespace bus::internal {

/// Says that one process writes a store, in two ways. The database file itself is locked
/// (DatabaseFile), so that nobody else gets in by another path, or because somebody has removed a
/// file. And PATH-lock beside the store is locked with flock, as all versions of libbus do; it
/// holds the owner's program and process id for whoever is refused. The system drops both when the
/// process ends, however it ends; PATH-lock stays, so that nobody can lock one that is just being
/// removed.
class WriterLock : private detail::ForkListener {
public:
    /// Locks the database file, and nothing else as long as nobody knows whether it is a store.
    /// `file` may be null: SQLite then says why it cannot be opened. `program`: what this process
    /// is called; empty for its own name. Throws StoreInUse if another has the lock, StoreError if
    /// the file has several names or cannot be locked.
    WriterLock(std::shared_ptr<DatabaseFile> file, std::filesystem::path store,
               const std::string& program);
    /// Both locks at once, for whoever knows that it is a store.
    WriterLock(const std::filesystem::path& store, const std::string& program);
    ~WriterLock() override;
    WriterLock(const WriterLock&) = delete;
    WriterLock& operator=(const WriterLock&) = delete;

    /// Locks PATH-lock too. Throws StoreInUse as above, StoreError if it cannot be used.
    void lock_beside();

    /// To be called once SQLite keeps the file open. Shows who writes it; and the files beside the
    /// store get its owner (as root) and its mode, so that what a command of root leaves does not
    /// lock out the program whose store it is.
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

/// Whoever reads a store, or leaves a request in it, must come by the path by which its writer
/// came: what is committed lies in a file beside that one at first. Waits a moment for a writer
/// that has only just come. Throws StoreError.
void refuse_other_door(const DatabaseFile& file, const std::filesystem::path& store);

} // namespace bus::internal
