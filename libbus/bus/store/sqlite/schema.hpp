#pragma once

#include <bus/store/sqlite/connection.hpp>

#include <cstdint>
#include <span>
#include <string>

/// The schema of a store file, and the migration from older schemas.
namespace bus::sqlite {

/// Marks a SQLite file as a store of libbus: "lbus" in ASCII.
inline constexpr std::int64_t application_id = 0x6c627573;

/// Brings a file from one schema version to the next. Version 0 is an empty file.
struct Migration {
    const char* sql;
    /// Does what SQL cannot do, after `sql` and in the same transaction. May be null.
    void (*then)(Connection& connection) = nullptr;
};

/// All migrations. The last one leads to the version that this program writes.
std::span<const Migration> migrations();

/// What an existing file is, before anything is written to it.
enum class FileKind {
    empty, ///< or just created
    store, ///< a store with the present schema version
    older, ///< a store that must be migrated
};

/// Throws StoreError if the file is not a store, or has a newer schema. Changes nothing.
FileKind inspect(Connection& connection, std::span<const Migration> steps = migrations());

/// Throws a StoreError that names the trigger if there is a trigger on one of our tables.
/// Connection runs no triggers, but the writes of another program would run it, and would lose or
/// change rows; besides, its author expects it to run.
void refuse_triggers(const Connection& connection);

/// Notices if a trigger is created while the store is open for writing.
class TriggerWatch {
public:
    /// The connection must outlive the watch.
    explicit TriggerWatch(const Connection& connection);

    /// Reads the version number of the schema, and looks for triggers if it has changed. While
    /// there is a trigger, each call throws a StoreError, which names it and says what to do.
    void look();

private:
    const Connection& connection_;
    Statement schema_version_;
    std::int64_t seen_ = -1;
    std::string found_;
};

/// Creates or migrates the schema, each step in a transaction of its own. Throws as inspect() does.
void migrate(Connection& connection, std::span<const Migration> steps = migrations());

} // namespace bus::sqlite
