#pragma once

#include <filesystem>
#include <string>

namespace bus::internal {

/// Says that one process writes a store: an advisory lock (flock) on the file PATH-lock beside the
/// store, which holds the owner's program and process id for whoever is refused. The system drops
/// the lock when the process ends, however it ends; the file stays, so that nobody can lock one
/// that is just being removed.
class WriterLock {
public:
    /// `program`: what this process is called; empty for its own name. Throws StoreInUse where
    /// another holds the lock, StoreError where the lock file cannot be written.
    WriterLock(const std::filesystem::path& store, const std::string& program);
    ~WriterLock();
    WriterLock(const WriterLock&) = delete;
    WriterLock& operator=(const WriterLock&) = delete;

private:
    int file_ = -1;
};

} // namespace bus::internal
