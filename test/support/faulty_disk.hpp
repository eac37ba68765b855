#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>

namespace test {

/// What is wrong with a disk.
enum class DiskFault : std::uint8_t {
    none,
    full,      ///< writes fail as for want of space
    no_writes, ///< writes fail as on a broken disk
    no_reads,  ///< reads fail so
    read_only, ///< writes fail as on a file system that has become read-only
};

/// What a power cut makes of the writes that were not synced.
struct PowerLoss {
    std::uint64_t seed = 0;
    double kept = 0;   ///< the share of them that has arrived all the same, each by itself
    bool torn = false; ///< those that arrived may have done so in part, in sectors of 512 bytes
};

/// A disk for SQLite's files in one folder. It keeps what was written but not synced apart, so that
/// a power cut can lose it, and fails when a test says so. While it lives it is SQLite's default
/// VFS; files elsewhere pass through it untouched. Nothing waits for a real disk: a sync only notes
/// what is safe from then on. One at a time; all members are thread safe.
class FaultyDisk {
public:
    explicit FaultyDisk(const std::filesystem::path& folder);
    FaultyDisk(const FaultyDisk&) = delete;
    FaultyDisk& operator=(const FaultyDisk&) = delete;
    ~FaultyDisk();

    /// May be changed at any time.
    std::atomic<DiskFault> fault{DiskFault::none};

    /// The power goes now: nothing is written any more, all that tries fails.
    void cut();
    /// The power goes at so many changes of the disk from now (1: at the next): writes,
    /// truncations, syncs and removals count. The one at which it goes may have happened or not.
    void cut_at_change(std::uint64_t number);
    [[nodiscard]] bool is_off() const noexcept;

    /// The files are as the cut has left them, and the power is on. All of the folder's databases
    /// must have been closed (std::logic_error).
    void power_on(const PowerLoss& loss);

    /// Changes so far, and those of them that no sync has made safe.
    [[nodiscard]] std::uint64_t changes() const noexcept;
    [[nodiscard]] std::uint64_t unsynced() const;

    struct State;

private:
    std::unique_ptr<State> state_;
};

} // namespace test
