#pragma once

#include <bus/store/sqlite/connection.hpp>
#include <bus/store/sqlite/files.hpp>

#include <optional>
#include <string>

namespace bus::sqlite {

/// What is wrong with the files of a store that is open for writing.
struct Loss {
    std::optional<NameChange> name{}; ///< a name leads to another file or to none
    /// If `name` is not set: the file with this role is the same one, but it was overwritten or
    /// truncated.
    FileRole content = FileRole::database;
};

/// Saves the acknowledged events over the connection of the writer, which still has the old files
/// open. If the file still has a name, the log is copied into the file. Otherwise everything is
/// written to a new file, PATH-rescued.
///
/// Nothing is written into a file that has taken the place of the old one, and no log is left
/// beside it that SQLite would take for its own. Returns what has happened, where the data is, and
/// what to do.
std::string rescue(Connection& connection, const FileNames& names, const Loss& loss);

} // namespace bus::sqlite
