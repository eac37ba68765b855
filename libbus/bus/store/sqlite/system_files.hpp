#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

/// Everything that the SQLite store needs of files and std::filesystem does not offer. (SQLite
/// itself has its own code for each system.) To support another system, write another
/// system_files.cpp.
///
/// If a function fails, errno says why. An open file is an `int` of at least 0; no program that is
/// started from this process inherits it. All functions are thread safe.
namespace bus::internal {

/// Identifies a file, whatever names it has.
struct FileId {
    std::uint64_t device = 0;
    std::uint64_t number = 0;

    // NOLINTNEXTLINE(modernize-use-nullptr): there is no pointer
    friend auto operator<=>(const FileId&, const FileId&) = default;
};

/// The owner of a file, and who may read and write it.
struct FileRights {
    std::uint32_t owner = 0;
    std::uint32_t group = 0;
    std::uint32_t mode = 0; ///< as for chmod(2), without the type of the file

    bool operator==(const FileRights&) const = default;
};

struct FileStatus {
    FileId id;
    FileRights rights;
    bool regular = false;    ///< not a folder, link or device
    std::uint64_t names = 0; ///< number of hard links
    std::int64_t size = 0;   ///< in bytes
    std::timespec changed{}; ///< last change of the content

    /// A regular file with one name.
    [[nodiscard]] bool plain() const noexcept { return regular && names == 1; }
};

// Looking at files

/// Follows links. None if there is no such file, or this user may not see it.
std::optional<FileStatus> status_of(const std::filesystem::path& path) noexcept;
/// Does not follow a link.
std::optional<FileStatus> status_of_name(const std::filesystem::path& path) noexcept;
std::optional<FileStatus> status_of(int file) noexcept;

/// Fills in only `id`, `size` and, if asked for, `changed`. Linux 6.13 and newer notes the exact
/// time of the next change after a program has asked for this time, and must then write it to the
/// disk: the next commit would wait for one more write.
std::optional<FileStatus> glance_at(const std::filesystem::path& path, bool changed) noexcept;

/// Whether this user may do so. False if the file system is read-only.
bool may_read(const std::filesystem::path& path) noexcept;
bool may_write(const std::filesystem::path& path) noexcept;
bool may_make_files_in(const std::filesystem::path& folder) noexcept;

/// The longest name that a file in this folder may have, in bytes.
std::size_t longest_name_in(const std::filesystem::path& folder) noexcept;

// Opening files. They return -1 if they fail.

int open_to_read(const std::filesystem::path& path) noexcept;
/// Does not wait, whatever the name leads to: opening a pipe would wait for a writer.
int open_to_read_at_once(const std::filesystem::path& path) noexcept;
int open_to_write(const std::filesystem::path& path) noexcept;
/// Makes a new file that only this user may read and write. Fails if the name is taken.
int make_new(const std::filesystem::path& path) noexcept;
/// Makes the file if it is missing. Opens it for writing or, if this user may not write it, for
/// reading. Fails if the name is a link.
int open_or_make(const std::filesystem::path& path) noexcept;
/// Opens a file only to change its rights, not to read or write it. Closing it therefore drops no
/// lock of this process. Fails if the name is a link.
int open_without_content(const std::filesystem::path& path) noexcept;
void close_file(int file) noexcept;

/// The first bytes of the file, at most `bytes`.
std::string beginning_of(int file, std::size_t bytes);
/// Replaces the content of a file by a text. If it returns false, a part may have been replaced.
bool replace_content(int file, const std::string& text) noexcept;
/// Waits until what was written to a file, or the names in a folder, are on the disk.
bool sync_file(int file) noexcept;

// Rights

/// Whether this user is root, who may give files to other users.
bool is_root() noexcept;
/// Changes the owner and the group; without `owner` only the group.
bool give_file(int file, std::optional<std::uint32_t> owner, std::uint32_t group) noexcept;
bool give_file(const std::filesystem::path& path, std::uint32_t owner,
               std::uint32_t group) noexcept;
/// Also works for a file that was opened without content.
bool set_mode(int file, std::uint32_t mode) noexcept;
bool set_mode(const std::filesystem::path& path, std::uint32_t mode) noexcept;

// Names

/// A file that has the new name is replaced.
bool rename_file(const std::filesystem::path& from, const std::filesystem::path& to) noexcept;
/// Exchanges the names of two files in one step. If the system cannot do that, errno is ENOSYS,
/// EINVAL or EOPNOTSUPP.
bool exchange_names(const std::filesystem::path& a, const std::filesystem::path& b) noexcept;
bool remove_name(const std::filesystem::path& path) noexcept;

// Locks. The system drops them when the process ends. The functions that lock return 0, or an
// errno: EAGAIN or EACCES if the lock is taken.

/// Locks the whole file. The lock belongs to this open file.
int lock_file(int file) noexcept;
/// Locks one byte, which may be past the end of the file. The lock belongs to this open file. On a
/// system without such locks, locks the whole file.
int lock_byte(int file, std::int64_t byte) noexcept;
/// Drops the locks of lock_file() and lock_byte().
void unlock_file(int file, std::int64_t byte) noexcept;
/// Whether another open file, of this or another process, has locked the byte with lock_byte().
bool is_byte_locked(int file, std::int64_t byte) noexcept;
/// Locks one byte. The lock belongs to this process: closing any of its descriptors of the file
/// drops it.
int lock_byte_for_process(int file, std::int64_t byte) noexcept;
void unlock_byte_for_process(int file, std::int64_t byte) noexcept;
/// The process that has locked the byte with lock_byte_for_process(), if it can be seen from here.
std::optional<std::int64_t> process_of_lock(int file, std::int64_t byte) noexcept;

// Processes

/// Paths by which the files that a process has open can be opened. Empty if they cannot be seen.
std::vector<std::filesystem::path> open_files_of(std::int64_t process);
/// The name of the program's file, without its folder. Empty if it cannot be seen.
std::string program_of(std::int64_t process);

/// The number of files that this process may have open. None if there is no limit.
std::optional<std::uint64_t> most_open_files() noexcept;
/// Whether this process cannot open another file. Tries it.
bool is_out_of_files() noexcept;
/// Opens standard input, output and error if they are closed, as SQLite does. Otherwise the next
/// file would take the place of one of them, and what the program prints would be written into a
/// database.
void occupy_standard_files() noexcept;

} // namespace bus::internal
