#pragma once

#include <bus/store/internal/sqlite_connection.hpp>

#include <cstdint>
#include <span>
#include <string>

/// What a store file looks like, and how an older one becomes a newer one.
namespace bus::sqlite {

/// Marks a SQLite file as a store of libbus: "lbus" in ASCII.
inline constexpr std::int64_t application_id = 0x6c627573;

/// Brings a file from one schema version to the next; version 0 is an empty file.
struct Migration {
    const char* sql;
    /// What SQL cannot do, after it and in the same transaction; may be null.
    void (*then)(Connection& connection) = nullptr;
};

/// All there are; the last one leads to the version that this program writes.
std::span<const Migration> migrations();

/// What an existing file is, before anything is written to it.
enum class FileKind {
    empty, ///< or just created
    store, ///< of this schema version
    older, ///< a store that has to be migrated
};

/// Throws StoreError where the file is no store, or one of a newer schema; changes nothing.
FileKind inspect(Connection& connection, std::span<const Migration> steps = migrations());

/// Throws StoreError, which names it, where a trigger hangs on a table of ours. Connection lets
/// none run, but another program that writes would lose or change rows, and who made it expects it
/// to.
void refuse_triggers(const Connection& connection);

/// Notices a trigger that is made while the store is open for writing.
class TriggerWatch {
public:
    /// The connection must outlive the watch.
    explicit TriggerWatch(const Connection& connection);

    /// Reads the number of the schema, and looks for triggers if it is another. Throws StoreError,
    /// which names the trigger and says what to do, each time while there is one.
    void look();

private:
    const Connection& connection_;
    Statement schema_version_;
    std::int64_t seen_ = -1;
    std::string found_;
};

/// Creates or migrates the schema, each step in a transaction of its own. Throws as inspect().
void migrate(Connection& connection, std::span<const Migration> steps = migrations());

} // namespace bus::sqlite
