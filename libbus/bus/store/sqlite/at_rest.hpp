#pragma once

#include <bus/store/sqlite/system_files.hpp>

#include <filesystem>
#include <optional>
#include <string>

namespace bus::sqlite {

/// A file that no program has open for writing, in a folder where this user may not write, such as
/// a backup on read-only media. SQLite reads a file in WAL mode only if it may create the files
/// beside it, or if it is told that the file does not change (`immutable`).
class AtRest {
public:
    /// Returns none if this user may write in the folder, if there is a log that must be read with
    /// the file, or if a program has the file open. SQLite itself handles these cases.
    static std::optional<AtRest> look(const std::filesystem::path& path);

    /// Whether a program has opened or written the file since then. What was read may then be from
    /// different moments.
    [[nodiscard]] bool is_over() const;

    /// The file as a URI that tells SQLite so.
    [[nodiscard]] std::string uri() const;

private:
    explicit AtRest(std::filesystem::path path) : path_{std::move(path)} {}

    std::filesystem::path path_;
    internal::FileStatus seen_;
};

/// The file as a URI that tells SQLite that nothing changes it. SQLite then ignores the files
/// beside it.
std::string immutable_uri(const std::filesystem::path& path);

} // namespace bus::sqlite
