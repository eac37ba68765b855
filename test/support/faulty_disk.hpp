#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace test {

/// A fault of a disk.
enum class DiskFault : std::uint8_t {
    none,
    full,      ///< writes fail as if no space is left
    no_writes, ///< writes fail as on a broken disk
    no_reads,  ///< reads fail as on a broken disk
    read_only, ///< writes fail as on a file system that has become read-only
};

/// What happens to unsynced writes in a power cut.
struct PowerLoss {
    std::uint64_t seed = 0;
    double kept = 0;   ///< the share of them that is written nevertheless, each decided separately
    bool torn = false; ///< those may be written in part, in sectors of 512 bytes
};

/// What a simulation uses instead of what SQLite would take from the machine. The functions are
/// called in the thread that uses the disk, with none of its locks held, and must not throw.
struct DiskWorld {
    std::uint64_t seed = 0;                                  ///< of SQLite's random numbers
    std::function<void(const std::string& path)> on_sync{};  ///< before a sync of that file
    std::function<void(std::chrono::microseconds)> sleeps{}; ///< instead of sleeping
};

/// A disk for SQLite's files in one folder. It keeps unsynced writes apart, so that a power cut can
/// lose them, and fails on demand. While the object exists, it is SQLite's default VFS; files
/// elsewhere pass through it unchanged. Nothing waits for a real disk: a sync only records what is
/// safe from then on. There can be one at a time; all members are thread safe.
class FaultyDisk {
public:
    explicit FaultyDisk(const std::filesystem::path& folder);
    FaultyDisk(const FaultyDisk&) = delete;
    FaultyDisk& operator=(const FaultyDisk&) = delete;
    ~FaultyDisk();

    /// May be changed at any time.
    std::atomic<DiskFault> fault{DiskFault::none};

    /// The power fails now: nothing more is written, and every attempt to write fails.
    void cut();
    /// The power fails at the given change of the disk, counted from now (1: the next one). Writes,
    /// truncations, syncs and removals count. The change at which it fails may have happened or
    /// not.
    void cut_at_change(std::uint64_t number);
    [[nodiscard]] bool is_off() const noexcept;
    /// The given change fails, counted from now (1: the next one), and none after it.
    void fail_at_change(std::uint64_t number);
    /// The given read of a file fails, counted from now (1: the next one), and none after it.
    void fail_at_read(std::uint64_t number);
    /// True until that read has failed.
    [[nodiscard]] bool failing_soon() const noexcept;
    /// Cancels what was planned with the functions above.
    void forget_plans();
    /// From now on; before any database is opened.
    void simulate(DiskWorld world);

    /// Leaves the files as they are after the cut, and turns the power on. All databases of the
    /// folder must be closed, or it throws std::logic_error.
    void power_on(const PowerLoss& loss);

    /// Changes so far, and those of them that are not synced.
    [[nodiscard]] std::uint64_t changes() const noexcept;
    [[nodiscard]] std::uint64_t unsynced() const;
    /// Operations that failed because of `fault` or fail_at_change().
    [[nodiscard]] std::uint64_t failed() const noexcept;
    /// The change at which the power failed, such as "sync of orders.db-wal"; empty after cut().
    [[nodiscard]] std::string cut_where() const;

    struct State;

private:
    std::unique_ptr<State> state_;
};

} // namespace test
