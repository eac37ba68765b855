#pragma once

#include <bus/runtime/home_process.hpp>

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace bus::internal {

/// A database file, whatever it is called, for as long as this process has connections to it: one
/// object for each inode. The writer's lock is held on its descriptors.
///
/// They stay open until the last connection of this process has been closed, for closing any
/// descriptor of a file drops all POSIX locks that the process has on it, those of SQLite included.
/// So each connection shares the object, from before it is opened until after it is closed.
///
/// Two locks lie far behind the end of any database, where SQLite has none. One belongs to the open
/// descriptor and keeps other writers out, those of this process too. The other one belongs to the
/// process: whoever is refused learns from the system which process that is.
///
/// In a child of fork() the descriptors are closed, so that the child does not keep the lock.
/// Thread safe.
class DatabaseFile {
public:
    /// Where the system has no such file, or it cannot be read: nothing, and SQLite says why.
    /// Throws StoreError in a child of a process that had it open at the fork: SQLite believes
    /// there that it has the locks of its parent.
    static std::shared_ptr<DatabaseFile> find(const std::filesystem::path& path);

    struct Key {
        dev_t device = 0;
        ino_t inode = 0;

        // NOLINTNEXTLINE(modernize-use-nullptr): there is no pointer
        friend auto operator<=>(const Key&, const Key&) = default;
    };

    DatabaseFile(const DatabaseFile&) = delete;
    DatabaseFile& operator=(const DatabaseFile&) = delete;
    ~DatabaseFile();

    /// False: somebody else writes it. `owner`: for whoever asks in this process. Throws StoreError
    /// if the file cannot be opened for writing, or locked.
    bool lock(const std::filesystem::path& path, const std::string& owner);
    /// Shows others who has it locked. Only a lock on the file of this process tells them, and
    /// SQLite drops such locks whenever it has none of its own: so only once it keeps one.
    void show_owner() const;
    void unlock() noexcept;

    /// Whether somebody writes it, in this process or in another one.
    [[nodiscard]] bool is_locked() const;
    /// Who has it locked, where that is this process: as given to lock().
    [[nodiscard]] std::string owner_here() const;
    /// The process that has it locked, if it can be seen from here and has not ended.
    [[nodiscard]] std::optional<pid_t> owner_process() const;

    /// The first bytes of it: whoever opened the file anew would take SQLite's locks away.
    [[nodiscard]] std::string beginning(std::size_t bytes) const;
    /// The names that the file has (hard links).
    [[nodiscard]] std::size_t names() const;
    /// Whether a path leads to it.
    [[nodiscard]] bool is_at(const std::filesystem::path& path) const;

private:
    struct Registry;

    DatabaseFile(const Key& key, int descriptor) : key_{key}, descriptors_{descriptor} {}

    void close_in_child() noexcept;
    void refuse_child(const std::filesystem::path& path) const;
    [[nodiscard]] int writable(const std::filesystem::path& path);

    const detail::HomeProcess home_;
    const Key key_;
    std::vector<int> descriptors_;
    int writable_ = -1; ///< of those
    std::string owner_; ///< empty: this process does not write it
};

} // namespace bus::internal
