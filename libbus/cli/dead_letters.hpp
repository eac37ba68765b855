#pragma once

#include <bus/store/event_store.hpp>

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <cli/shared.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bus::cli {

/// Selects dead letters, or other unfinished deliveries, as the command line says.
struct LetterFilter {
    std::string agent;
    std::vector<Position> positions; ///< of that agent; none: all
    std::string kind;
    std::string error; ///< a part of the last attempt's message
    std::string group; ///< LetterGroup::name()
    std::string state; ///< one of `states`; empty: any of them
    std::vector<DeliveryState> states{DeliveryState::dead}; ///< the states that can be selected

    /// Whether the user has set none of the options.
    [[nodiscard]] bool takes_all() const {
        return agent.empty() && positions.empty() && kind.empty() && error.empty() &&
               group.empty() && state.empty();
    }
};

/// Dead letters of an agent with the same cause, or other deliveries that wait for the same reason:
/// their state, kind and cause_text are equal.
struct LetterGroup {
    std::string agent;
    DeliveryState state = DeliveryState::dead;
    FailureKind kind = FailureKind::transient; ///< of the last attempts
    std::string error;                         ///< their cause_text
    std::string example;                       ///< the message of the first letter
    std::uint64_t letters = 0;
    std::uint64_t quarantined = 0;   ///< how many of the letters are quarantined
    Timestamp oldest{};              ///< when the first letter died
    Timestamp newest{};              ///< when the latest letter died
    Timestamp next_due{};            ///< the earliest due time, if they are deferred
    std::vector<Position> positions; ///< of all letters, ascending

    /// A short name for the command line: 8 hexadecimal digits, made from agent, kind, error and,
    /// unless dead, the state.
    [[nodiscard]] std::string name() const;
};

/// A group as `list` prints it for programs.
boost::json::object json_of(const LetterGroup& group);

/// The deliveries that a filter selects, in groups, the largest group first. Throws UsageError, and
/// NotFound if the store does not know the agent.
std::vector<LetterGroup> read_groups(EventStore& store, const LetterFilter& filter);

/// Adds the options that fill a filter; the positions are positional arguments. There is an option
/// for the state if `filter.states` holds more than one.
void add_filter_options(CLI::App& command, LetterFilter& filter);

} // namespace bus::cli
