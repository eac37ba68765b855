#pragma once

#include <bus/store/sqlite/connection.hpp>

#include <chrono>
#include <cstdint>
#include <string>

/// Checks whether the parts of a store file belong together. docs/decisions/0027-mixed-files.md
namespace bus::sqlite {

/// How the write-ahead log beside a file relates to the file.
enum class LogFit : std::uint8_t {
    belongs, ///< also if there is no log, or if nothing in it counts
    mixed,   ///< written over another file, or over an earlier or later version of this one
    unknown, ///< the log does not show it
};

/// Compares the stamp in the file alone with the stamps in its write-ahead log. Reads the file, and
/// the log only up to its first transaction if none of it is in the file yet. Changes nothing.
/// Works beside a program that writes.
LogFit fit_of_log(Connection& connection);

/// What does not agree in a store although it must, as part of a sentence; empty if everything
/// agrees. Reads the rows of the agents and counts what is not finished. Of the events it looks
/// only at the first one and the last one.
std::string disagreement(Connection& connection);

/// Throws StoreDamaged, which says what to do, if the log does not belong to the file. To be called
/// before the schema is read, which may come from two files.
LogFit refuse_mixed(Connection& connection);

/// Throws StoreDamaged if something does not agree, or if it is unknown whether the log belongs to
/// the file and verify() finds damage. For a store of the newest schema.
void refuse_disagreement(Connection& connection, LogFit fit,
                         std::chrono::milliseconds busy_timeout);

/// The sentence that says that a log does not belong to its file.
std::string mixed_text(const std::filesystem::path& path);

} // namespace bus::sqlite
