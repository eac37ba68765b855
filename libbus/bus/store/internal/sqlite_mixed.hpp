#pragma once

#include <bus/store/internal/sqlite_connection.hpp>

#include <chrono>
#include <cstdint>
#include <string>

/// Whether a store file is of one piece. docs/decisions/0027-mixed-files.md
namespace bus::sqlite {

/// What the write-ahead log beside a file is to it.
enum class LogFit : std::uint8_t {
    belongs, ///< or there is none, or nothing in it counts
    mixed,   ///< it was written over another file, or over another moment of this one
    unknown, ///< nothing in it says
};

/// Compares the stamp in the file alone with the stamps in its write-ahead log. Reads the file, and
/// of the log no more than its first transaction if nothing of it is in the file yet. Changes
/// nothing; also beside a program that writes.
LogFit fit_of_log(Connection& connection);

/// What of that which must agree in a store does not, as a part of a sentence; empty: all agrees.
/// Reads the rows of the agents and counts what is not finished; of the events it looks at the
/// first and the last one alone.
std::string disagreement(Connection& connection);

/// Throws StoreDamaged, with what to do, if the log does not belong to the file. Before the schema
/// is read, which may be of two files.
LogFit refuse_mixed(Connection& connection);

/// The same if what must agree does not, or if nothing says whether the log belongs to the file and
/// verify() finds damage. For a store of the newest schema.
void refuse_disagreement(Connection& connection, LogFit fit,
                         std::chrono::milliseconds busy_timeout);

/// That a log does not belong to its file, as a sentence.
std::string mixed_text(const std::filesystem::path& path);

} // namespace bus::sqlite
