#pragma once

#include <bus/store/internal/sqlite_connection.hpp>
#include <bus/store/internal/sqlite_files.hpp>

#include <optional>
#include <string>

namespace bus::sqlite {

/// What was found to be wrong with the files of a store that is open for writing.
struct Loss {
    std::optional<NameChange> name{}; ///< a name leads elsewhere
    /// Else the file under the name is the same, and was overwritten or cut off in place.
    FileRole content = FileRole::database;
};

/// Saves what was acknowledged, over the connection of the writer, which still has the old files
/// open: where the file has a name, the log is copied into it; else all is written to a new file,
/// PATH-rescued. Nothing is written into a file that has taken its place, and no log is left beside
/// that one for SQLite to take for its own. Returns what has happened, where the data is, and what
/// to do.
std::string rescue(Connection& connection, const FileNames& names, const Loss& loss);

} // namespace bus::sqlite
