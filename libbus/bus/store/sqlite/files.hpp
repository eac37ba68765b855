#pragma once

#include <bus/store/event_store.hpp>
#include <bus/store/sqlite/system_files.hpp>

#include <array>
#include <ctime>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace bus::sqlite {

using internal::FileId;

/// What was seen of a name.
struct SeenFile {
    FileId id;
    std::int64_t size = 0;
    std::timespec changed{}; ///< of a database only
};

/// The role of a file of the store.
enum class FileRole : std::uint8_t { database, log, index };

/// What has happened to a name since the store was opened.
struct NameChange {
    std::filesystem::path name{};
    FileRole role = FileRole::database;
    bool gone = false; ///< otherwise it leads to another file
};

/// The names of a store's files (PATH and what SQLite keeps beside it), and the files that they led
/// to when the store was opened. A file can be removed, moved or replaced while it is open; the
/// process then goes on with the open file, which no name leads to any more. Thread safe.
class FileNames {
public:
    /// The largest number of names: the one that was given, and PATH, PATH-wal and PATH-shm.
    static constexpr std::size_t most = 4;
    using Seen = std::array<SeenFile, most>;

    FileNames() = default;
    /// `given`: the name that the user gave, which may be a link. `writes`: the files beside it
    /// exist, and are checked too. Throws StoreError.
    FileNames(const std::filesystem::path& given, std::filesystem::path path, bool writes);

    /// The first name that leads to another file or to none, if there is one. Throws StoreError if
    /// this cannot be determined, for example because this user may not search the folder any more.
    [[nodiscard]] std::optional<NameChange> change() const {
        Seen seen;
        return change(seen);
    }

    /// The same; also returns in `seen` what was seen of each name.
    [[nodiscard]] std::optional<NameChange> change(Seen& seen) const;

    /// Throws StoreLost if there is a change. `doing` completes the sentence "cannot ...".
    void check(const char* doing) const;

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

    /// The identity of the database file.
    [[nodiscard]] FileId id() const noexcept { return id(FileRole::database); }

    [[nodiscard]] FileId id(FileRole role) const noexcept;
    /// The index of a file in Seen.
    [[nodiscard]] std::size_t index_of(FileRole role) const noexcept;

private:
    struct Name {
        std::filesystem::path path{};
        FileRole role = FileRole::database;
        FileId id;
    };

    void add(std::filesystem::path path, FileRole role);

    std::filesystem::path path_;
    std::vector<Name> names_; ///< the files beside it are last
};

/// What happened, as text: `/data/store.db was removed`.
std::string to_text(const NameChange& change);

} // namespace bus::sqlite
