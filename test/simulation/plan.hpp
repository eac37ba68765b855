#pragma once

#include "test/support/faulty_disk.hpp"
#include <bus/bus.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <vector>

/// A whole host in one thread, driven by a seed: the plan of the seed, the host, and the checks at
/// the end.
namespace simulation {

/// Random numbers that are the same on all platforms: in the standard library, only the engines are
/// specified to the bit, not the distributions.
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

    /// From `low` to `high`. Each doubling is equally likely, so small numbers are as frequent as
    /// large ones.
    bus::Duration duration(bus::Duration low, bus::Duration high);

private:
    std::mt19937_64 engine_;
};

/// A time in which the disk has a fault.
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
    std::uint64_t stall_once_in = 0;  ///< in this many syncs; 0: never
    std::uint64_t others_once_in = 0; ///< in this many syncs, other tasks run meanwhile; 0: never
};

/// What an operator may ask for.
enum class Errand : std::uint8_t {
    retry,          ///< try the deferred deliveries of an agent now
    redrive,        ///< give the dead letters of an agent to it again
    discard,        ///< discard a delivery of the packer
    prune,          ///< remove the oldest events
    prune_requests, ///< remove the oldest requests
};

/// An operator asks for something.
struct Ask {
    bus::Duration at{}; ///< since the life began
    Errand errand = Errand::retry;
    std::uint64_t chance = 0; ///< selects the agent, the delivery, the amount
    bool only_asked = false;  ///< while no host runs: leave it to the next host
};

/// The actions of an operator at the command line while no host runs.
struct Visit {
    bool renames = false; ///< the packer; from then on the newer program runs
    std::vector<Ask> asks{};
    std::optional<std::uint64_t> crash_at{}; ///< that change of the disk, from 1
    test::PowerLoss loss{};
};

/// One life of the host, from its start to its end.
struct Life {
    std::uint64_t seed = 0;                    ///< of its runtime and its disk
    std::optional<std::uint64_t> crash_at{};   ///< that change of the disk, from 1
    test::PowerLoss loss{};                    ///< which unsynced writes survive the crash
    std::optional<bus::Duration> stop_after{}; ///< after this time an operator stops it
    bus::Stop stop = bus::Stop::drain;
    std::vector<FaultWindow> windows{};
    std::vector<std::uint64_t> failing_changes{}; ///< each counted from the one before
    DiskPace pace{};
    bus::Duration feed_gap{}; ///< the longest between two lines of the feed
    bus::Duration downtime{}; ///< after it
    std::vector<ClockStep> clock_steps{};
    bus::Duration clock_set_after{}; ///< by how much the clock is set while no host runs
    std::vector<Ask> asks{};         ///< in order
    bool newer_program = false;      ///< in which the packer has its new name
    std::optional<Visit> visit{};    ///< after it
};

/// The plan of a seed.
struct Plan {
    std::uint64_t seed = 0;
    std::uint64_t orders = 50;
    double books_fault_rate = 0; ///< see demo::FaultPlan
    bool disk_fails = false;     ///< in some life, in addition to crashes
    bool clock_set = false;      ///< in some life, or between two
    bool prunes = false;         ///< by an operator, or by the host's retention
    bus::Duration retention{};   ///< see bus::BusOptions; the next one too
    bus::Duration retention_every = std::chrono::hours{1};
    std::vector<Life> lives{}; ///< the last one is not disturbed
};

Plan make_plan(std::uint64_t seed, std::uint64_t orders);

} // namespace simulation
