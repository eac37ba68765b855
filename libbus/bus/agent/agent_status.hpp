#pragma once

#include <bus/event/timestamp.hpp>
#include <bus/store/records.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace bus {

/// How an agent stands, at one moment.
struct AgentStatus {
    std::string name{};
    Position checkpoint = 0;    ///< 0 without a store
    std::uint64_t finished = 0; ///< deliveries, ever (without a store: of this run)
    std::uint64_t failures = 0; ///< failed attempts of this run, not_ready ones excluded
    std::size_t queued = 0;     ///< events in its mailbox
    bool busy = false;          ///< it has something to do now
    std::size_t retrying = 0;   ///< deliveries deferred after a failure
    std::size_t not_ready = 0;  ///< deliveries deferred because something was not there yet
    std::size_t parked = 0;     ///< events that wait behind a deferred one of their sequence
    std::size_t timers = 0;     ///< still to fire; once stopped: dropped
    std::size_t dead = 0;       ///< dead letters
    /// Events that its full mailbox did not take or gave up, that came after it had stopped, or
    /// that waited when the agent was removed.
    std::uint64_t dropped = 0;
    std::uint64_t waited = 0; ///< publishes that its full mailbox made wait for room
    /// Events that a step (or a timer, or a handler on a worker) put into its full mailbox, over
    /// the bound: such a one is never made to wait.
    std::uint64_t over_bound = 0;
    std::optional<Timestamp> next_due{}; ///< of the deferred ones
    std::string trouble{}; ///< why its work cannot be committed just now; empty: it can
    /// On a store, positions of the log from its checkpoint on that are not settled, whoever
    /// handles their events; without one, events that wait for it.
    std::uint64_t lag = 0;
    /// On a store: when the oldest event happened that waits for it, or for its next attempt.
    std::optional<Timestamp> oldest_waiting{};
    /// On a store: when the last of its steps in this run was committed.
    std::optional<Timestamp> last_commit{};
    Position replay_through = 0; ///< the last event of its replay, which is over at this checkpoint
};

} // namespace bus
