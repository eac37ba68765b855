#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

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

/// What a simulation puts in the place of what SQLite would take from the machine. The functions
/// are called in the thread that uses the disk, with none of its locks held, and must not throw.
struct DiskWorld {
    std::uint64_t seed = 0;                                  ///< of SQLite's random numbers
    std::function<void(const std::string& path)> on_sync{};  ///< before a sync of that file
    std::function<void(std::chrono::microseconds)> sleeps{}; ///< instead of sleeping
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
    /// The change that is so many from now fails, and none after it.
    void fail_at_change(std::uint64_t number);
    /// The read of a file that is so many from now fails, and none after it.
    void fail_at_read(std::uint64_t number);
    /// True until it has.
    [[nodiscard]] bool failing_soon() const noexcept;
    /// What was planned with these does not happen.
    void forget_plans();
    /// From now on; before any database is opened.
    void simulate(DiskWorld world);

    /// The files are as the cut has left them, and the power is on. All of the folder's databases
    /// must have been closed (std::logic_error).
    void power_on(const PowerLoss& loss);

    /// Changes so far, and those of them that no sync has made safe.
    [[nodiscard]] std::uint64_t changes() const noexcept;
    [[nodiscard]] std::uint64_t unsynced() const;
    /// What failed because of `fault` or fail_at_change().
    [[nodiscard]] std::uint64_t failed() const noexcept;
    /// At which change the power went: "sync of orders.db-wal"; empty where cut() was called.
    [[nodiscard]] std::string cut_where() const;

    struct State;

private:
    std::unique_ptr<State> state_;
};

} // namespace test
