#pragma once

#include <bus/runtime/home_process.hpp>
#include <bus/store/sqlite/system_files.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace bus::internal {

/// A database file for as long as this process has connections to it: one object for each inode,
/// whatever the file is called. The writer's lock is held on its descriptors. Thread safe.
///
/// The descriptors stay open until this process has closed its last connection to the file. The
/// reason is that closing any descriptor of a file drops all POSIX locks that the process has on
/// it, including those of SQLite. So each connection shares this object, from before the connection
/// is opened until after it is closed.
///
/// There are two locks, far behind the end of any database, where SQLite has none. One of them
/// belongs to the open descriptor and keeps out other writers, even in this process. The other one
/// belongs to the process, so that a process that is refused can ask the system which process has
/// the lock.
///
/// In a child of fork() the descriptors are closed, so that the child does not keep the lock.
class DatabaseFile {
public:
    /// Returns null if there is no such file or it cannot be read; SQLite then reports why. Throws
    /// StoreError in a child of a process that had the file open when it called fork(): in the
    /// child, SQLite believes that it has the locks of its parent.
    static std::shared_ptr<DatabaseFile> find(const std::filesystem::path& path);

    DatabaseFile(const DatabaseFile&) = delete;
    DatabaseFile& operator=(const DatabaseFile&) = delete;
    ~DatabaseFile();

    /// Locks the file for writing. Returns false if another writer has it. `owner` is the answer of
    /// owner_here(). Throws StoreError if the file cannot be opened for writing, or cannot be
    /// locked.
    bool lock(const std::filesystem::path& path, const std::string& owner);
    /// Shows other processes which process has the file locked. They can see only a lock that
    /// belongs to the process, and SQLite drops all such locks when it has none of its own. So this
    /// must be called only after SQLite holds one permanently.
    void show_owner() const;
    /// Releases the writer's lock.
    void unlock() noexcept;

    /// Whether the file is being written, by this process or by another one.
    [[nodiscard]] bool is_locked() const;
    /// If this process has the file locked: the `owner` given to lock(). Otherwise empty.
    [[nodiscard]] std::string owner_here() const;
    /// The process that has the file locked, if it can be seen from here and has not ended.
    [[nodiscard]] std::optional<std::int64_t> owner_process() const;

    /// The first bytes of the file. They are read over the open descriptor, because opening and
    /// closing the file again would drop SQLite's locks.
    [[nodiscard]] std::string beginning(std::size_t bytes) const;
    /// The number of names that the file has (hard links).
    [[nodiscard]] std::size_t names() const;
    /// Whether a path leads to the file.
    [[nodiscard]] bool is_at(const std::filesystem::path& path) const;

private:
    struct Registry;

    DatabaseFile(const FileId& id, int descriptor) : id_{id}, descriptors_{descriptor} {}

    void close_in_child() noexcept;
    void refuse_child(const std::filesystem::path& path) const;
    [[nodiscard]] int writable(const std::filesystem::path& path);

    const detail::HomeProcess home_;
    const FileId id_;
    std::vector<int> descriptors_;
    int writable_ = -1; ///< one of descriptors_; -1: none
    std::string owner_; ///< empty: this process does not write it
};

} // namespace bus::internal
