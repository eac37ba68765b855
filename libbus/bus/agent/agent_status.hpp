#pragma once

#include <bus/event/timestamp.hpp>
#include <bus/store/records.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace bus {

/// The state of an agent at one moment.
struct AgentStatus {
    std::string name{};         ///< the agent's name
    Position checkpoint = 0;    ///< 0 without a store
    std::uint64_t finished = 0; ///< finished deliveries, ever; without a store: in this run
    std::uint64_t failures = 0; ///< failed attempts in this run, without those that were not_ready
    std::size_t queued = 0;     ///< events in its mailbox
    bool busy = false;          ///< it has work to do now
    std::size_t retrying = 0;   ///< deliveries deferred after a failure
    std::size_t not_ready = 0;  ///< deliveries deferred because what they need was not there yet
    std::size_t parked = 0; ///< events that wait behind a deferred or dead one of their sequence
    std::size_t timers = 0; ///< timers still to fire; once it has stopped: dropped timers
    std::size_t dead = 0;   ///< dead letters
    /// Events that were not handled: its full mailbox did not take them or dropped them, they came
    /// after it had stopped, or they waited when it was removed.
    std::uint64_t dropped = 0;
    std::uint64_t waited = 0; ///< publishes that waited for room in its full mailbox
    /// Events that exceeded the bound of its full mailbox, because a step, a timer or a handler on
    /// a worker published them: these never wait for room.
    std::uint64_t over_bound = 0;
    std::optional<Timestamp> next_due{}; ///< the earliest next attempt of a deferred delivery
    std::string trouble{}; ///< why its work cannot be committed just now; empty: it can be
    /// On a store: how many positions of the log after its checkpoint are not settled, including
    /// those of events that it does not handle. Without a store: how many events wait for it.
    std::uint64_t lag = 0;
    /// On a store: the time of the oldest event that waits for it, or for its next attempt.
    std::optional<Timestamp> oldest_waiting{};
    /// On a store: the time of the last commit of one of its steps in this run.
    std::optional<Timestamp> last_commit{};
    /// The position of the last event of its replay, which ends when the checkpoint reaches it.
    Position replay_through = 0;
};

} // namespace bus
