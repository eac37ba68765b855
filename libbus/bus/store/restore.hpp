#pragma once

#include <bus/store/records.hpp>
#include <bus/store/verify.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

/// Puts a backup in the place of a store.
namespace bus {

struct RestoreOptions {
    std::filesystem::path backup{}; ///< a store file; it is only read
    std::filesystem::path store{};  ///< where it goes; may be missing or damaged
    /// What this program is called towards one that wants to write the store meanwhile; empty: the
    /// process's name.
    std::string program{};
    std::chrono::milliseconds busy_timeout{5'000};
    /// Only checks everything.
    bool dry_run = false;
};

/// What restore() has done.
struct RestoreReport {
    std::filesystem::path store{};
    std::filesystem::path
        kept{};                 ///< what was there before, with its side files; empty: nothing was
    std::uint64_t events = 0;   ///< of the backup
    Position last_position = 0; ///< of the backup
    /// Of the store that was there; 0: it could not be read. Positions between the two are given a
    /// second time.
    Position last_before = 0;
    /// The backup is of an older schema: its rows are checked once it has been opened for writing.
    bool older_schema = false;
};

/// Checks a backup with verify(), copies it beside the store, and puts the copy into the store's
/// place under the writer's lock. What was there is kept under the name that the report says. The
/// copy takes mode and owner of what was there, and is on the disk before it gets the name.
///
/// If the process dies on the way, a whole store stays whole: at any moment the path leads to the
/// old store or to the new one. If the old one was damaged, the path may lead to a file that no
/// program opens until restore() has run again.
///
/// Throws StoreInUse if a program writes the store; StoreError, and leaves all as it was, if the
/// backup is no store, damaged or of a newer schema, if both paths lead to one file, or if the path
/// holds a database of another program. What `progress` throws ends it too.
RestoreReport restore(const RestoreOptions& options,
                      const std::function<void(const VerifyProgress&)>& progress = {});

} // namespace bus
