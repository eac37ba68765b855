#pragma once

#include <bus/store/event_store.hpp>

#include <sys/stat.h>

#include <array>
#include <ctime>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace bus::sqlite {

/// Which file a name leads to.
struct FileId {
    dev_t device = 0;
    ino_t number = 0;

    bool operator==(const FileId&) const = default;
};

FileId id_of(const struct stat& file) noexcept;

/// What a name leads to.
struct SeenFile {
    FileId id;
    off_t size = 0;
    std::timespec changed{}; ///< of a database only
};

/// Which of a store's files a name is of.
enum class FileRole : std::uint8_t { database, log, index };

/// What has become of a name since the store was opened.
struct NameChange {
    std::filesystem::path name{};
    FileRole role = FileRole::database;
    bool gone = false; ///< else it leads to another file
};

/// The names of a store's files, PATH and what SQLite keeps beside it, and the files that they led
/// to when the store was opened. Somebody may remove, move or replace a file that is open; the
/// system then goes on with the open one, which no name leads to any more. Thread safe.
class FileNames {
public:
    /// Most names that there can be: the one that was given, and PATH, PATH-wal and PATH-shm.
    static constexpr std::size_t most = 4;
    using Seen = std::array<SeenFile, most>;

    FileNames() = default;
    /// `given`: what the user called the file, a link to it perhaps. `writes`: the files beside it
    /// are there, and count too. Throws StoreError.
    FileNames(const std::filesystem::path& given, std::filesystem::path path, bool writes);

    /// The first name that leads elsewhere, if there is one. Throws StoreError if that cannot be
    /// seen, as in a folder that this user may not search any more.
    [[nodiscard]] std::optional<NameChange> change() const {
        Seen seen;
        return change(seen);
    }

    /// The same, with what was seen of each name.
    [[nodiscard]] std::optional<NameChange> change(Seen& seen) const;

    /// Throws StoreLost if a name leads elsewhere. `doing` completes the sentence "cannot ...".
    void check(const char* doing) const;

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

    /// Of the database file.
    [[nodiscard]] FileId id() const noexcept { return id(FileRole::database); }

    [[nodiscard]] FileId id(FileRole role) const noexcept;
    /// Where what was seen of a file stands.
    [[nodiscard]] std::size_t index_of(FileRole role) const noexcept;

private:
    struct Name {
        std::filesystem::path path{};
        FileRole role = FileRole::database;
        FileId id;
    };

    void add(std::filesystem::path path, FileRole role);

    std::filesystem::path path_;
    std::vector<Name> names_; ///< the files beside it come last
};

/// `/data/store.db was removed`, or what else has happened to it.
std::string to_text(const NameChange& change);

} // namespace bus::sqlite
