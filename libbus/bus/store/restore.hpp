#pragma once

#include <bus/store/records.hpp>
#include <bus/store/verify.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

/// Replaces a store with a backup.
namespace bus {

/// How to restore a store from a backup.
struct RestoreOptions {
    std::filesystem::path backup{}; ///< a store file; it is only read
    std::filesystem::path store{};  ///< where the backup goes; may be missing or damaged
    /// The name of this program in the message to another program that wants to write the store
    /// meanwhile; empty: the name of the process.
    std::string program{};
    /// How long to wait for another program that locks a file.
    std::chrono::milliseconds busy_timeout{5'000};
    /// True: checks everything and changes nothing.
    bool dry_run = false;
};

/// The result of restore().
struct RestoreReport {
    std::filesystem::path store{}; ///< absolute path of the store
    std::filesystem::path
        kept{}; ///< the old store with its side files, under its new name; empty: there was none

    /// The number of events in the backup.
    std::uint64_t events = 0;
    /// The newest position in the backup.
    Position last_position = 0;
    /// The newest position of the old store; 0: the old store could not be read. The positions
    /// between the two will be given to other events.
    Position last_before = 0;
    /// The backup has an older schema: its rows are checked only when it has been opened for
    /// writing.
    bool older_schema = false;
};

/// Checks a backup with verify(), copies it beside the store, and puts the copy in the store's
/// place while it holds the writer's lock. The old store is kept under the name that the report
/// gives. The copy gets the mode and the owner of the old store, and it is synced to the disk
/// before it gets the store's name.
///
/// If the process dies meanwhile, a whole store is never lost: at any moment the path leads to the
/// old store or to the new one. If the old store was damaged, the path may lead to a file that no
/// program opens until restore() has run again.
///
/// Throws StoreInUse if a program writes the store. Throws StoreError, and leaves everything as it
/// was, if the backup is not a store, is damaged or has a newer schema, if both paths lead to one
/// file, or if the path holds a database of another program. If `progress` throws, restore() ends
/// with that exception.
RestoreReport restore(const RestoreOptions& options,
                      const std::function<void(const VerifyProgress&)>& progress = {});

} // namespace bus
