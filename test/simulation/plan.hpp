#pragma once

#include "test/support/faulty_disk.hpp"
#include <bus/bus.hpp>

#include <chrono>
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

/// What an operator may want.
enum class Errand : std::uint8_t {
    retry,          ///< what an agent has deferred is to be tried now
    redrive,        ///< the dead letters of an agent are to be given to it again
    discard,        ///< a delivery of the packer is to be done with
    prune,          ///< the oldest events are to go
    prune_requests, ///< the oldest requests are to go
};

/// An operator asks for something.
struct Ask {
    bus::Duration at{}; ///< since the life began
    Errand errand = Errand::retry;
    std::uint64_t chance = 0; ///< which agent, which delivery, how much
    bool only_asked = false;  ///< while no host runs: the next one is to do it
};

/// What an operator does at the command line while no host runs.
struct Visit {
    bool renames = false; ///< the packer, whose program is new from then on
    std::vector<Ask> asks{};
    std::optional<std::uint64_t> crash_at{}; ///< that change of the disk, from 1
    test::PowerLoss loss{};
};

/// One life of the host, from its start to its end.
struct Life {
    std::uint64_t seed = 0;                    ///< of its runtime, and of what the disk does
    std::optional<std::uint64_t> crash_at{};   ///< that change of the disk, from 1
    test::PowerLoss loss{};                    ///< what the crash leaves of unsynced writes
    std::optional<bus::Duration> stop_after{}; ///< an operator stops it then
    bus::Stop stop = bus::Stop::drain;
    std::vector<FaultWindow> windows{};
    std::vector<std::uint64_t> failing_changes{}; ///< each the n-th after the one before
    DiskPace pace{};
    bus::Duration feed_gap{}; ///< the longest between two lines of the feed
    bus::Duration downtime{}; ///< after it
    std::vector<ClockStep> clock_steps{};
    bus::Duration clock_set_after{}; ///< set by so much while no host runs
    std::vector<Ask> asks{};         ///< in order
    bool newer_program = false;      ///< in which the packer has its new name
    std::optional<Visit> visit{};    ///< after it
};

/// All that a seed says.
struct Plan {
    std::uint64_t seed = 0;
    std::uint64_t orders = 50;
    double books_fault_rate = 0; ///< see demo::FaultPlan
    bool disk_fails = false;     ///< in some life, beside crashes
    bool clock_set = false;      ///< in some life, or between two
    bool prunes = false;         ///< an operator does, or the host by its retention
    bus::Duration retention{};   ///< see bus::BusOptions, as the next one
    bus::Duration retention_every = std::chrono::hours{1};
    std::vector<Life> lives{}; ///< the last one is left in peace
};

Plan make_plan(std::uint64_t seed, std::uint64_t orders);

} // namespace simulation
