#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <string>

namespace bus::sqlite {

/// A file that nobody has open for writing, in a folder where this user may not write: a backup on
/// read-only media. SQLite reads a file with a write-ahead log only where it may make the files
/// beside it, unless it is told that the file does not change (`immutable`).
class AtRest {
public:
    /// Nothing where the folder may be written, or where there is a log to be read with the file or
    /// a program that has it open: both are SQLite's to deal with.
    static std::optional<AtRest> look(const std::filesystem::path& path);

    /// Whether somebody has opened or written the file since: what was read may be of no one
    /// moment.
    [[nodiscard]] bool is_over() const;

    /// The file as a URI for SQLite that says so.
    [[nodiscard]] std::string uri() const;

private:
    explicit AtRest(std::filesystem::path path) : path_{std::move(path)} {}

    std::filesystem::path path_;

    struct stat seen_ {};
};

/// A file as a URI for SQLite that says that nobody changes it: what lies beside it is not looked
/// at.
std::string immutable_uri(const std::filesystem::path& path);

/// Whether this process may write in a folder. False on a file system that is read-only.
bool may_write_in(const std::filesystem::path& folder);

} // namespace bus::sqlite
