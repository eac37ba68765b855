#pragma once

#include "test/support/faulty_disk.hpp"
#include <bus/bus.hpp>

#include <cstdint>
#include <optional>
#include <random>
#include <vector>

/// A whole host in one thread under a seed: what the seed says, the host, and what is looked at
/// when it is done.
namespace simulation {

/// Random numbers that are the same everywhere: of the standard's generators only the engine is
/// specified to the bit.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : engine_{seed} {}

    std::uint64_t number() { return engine_(); }

    /// From 0 to `bound` - 1.
    std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }

    /// From `low` to `high`, both included.
    std::uint64_t between(std::uint64_t low, std::uint64_t high) {
        return low + below(high - low + 1);
    }

    /// True once in `times`.
    bool once_in(std::uint64_t times) { return below(times) == 0; }

    /// From `low` to `high`, small ones as often as large ones: each doubling is as likely.
    bus::Duration duration(bus::Duration low, bus::Duration high);

private:
    std::mt19937_64 engine_;
};

/// For a while the disk is at fault.
struct FaultWindow {
    bus::Duration from{}; ///< since the life began; negative: before anything is opened
    bus::Duration length{};
    test::DiskFault fault = test::DiskFault::none;
};

/// The wall clock is set.
struct ClockStep {
    bus::Duration at{}; ///< since the life began
    bus::Duration by{};
};

/// How long the disk takes.
struct DiskPace {
    bus::Duration least{}; ///< of a sync
    bus::Duration most{};
    std::uint64_t stall_once_in = 0;  ///< so many syncs; 0: never
    std::uint64_t others_once_in = 0; ///< so many syncs, other tasks run meanwhile; 0: never
};

/// One life of the host, from its start to its end.
struct Life {
    std::uint64_t seed = 0;                  ///< of its runtime, and of what the disk does
    std::optional<std::uint64_t> crash_at;   ///< that change of the disk, from 1
    test::PowerLoss loss;                    ///< what the crash leaves of unsynced writes
    std::optional<bus::Duration> stop_after; ///< an operator stops it then
    bus::Stop stop = bus::Stop::drain;
    std::vector<FaultWindow> windows;
    std::vector<std::uint64_t> failing_changes; ///< each the n-th after the one before
    DiskPace pace;
    bus::Duration feed_gap{}; ///< the longest between two lines of the feed
    bus::Duration downtime{}; ///< after it
    std::vector<ClockStep> clock_steps;
    bus::Duration clock_set_after{}; ///< set by so much while no host runs
};

/// All that a seed says.
struct Plan {
    std::uint64_t seed = 0;
    std::uint64_t orders = 50;
    double books_fault_rate = 0; ///< see demo::FaultPlan
    bool disk_fails = false;     ///< in some life, beside crashes
    std::vector<Life> lives;     ///< the last one is left in peace
};

Plan make_plan(std::uint64_t seed, std::uint64_t orders);

} // namespace simulation
