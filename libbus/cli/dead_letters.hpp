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

/// Which dead letters somebody means.
struct LetterFilter {
    std::string agent;
    std::vector<Position> positions; ///< of that agent; none: all
    std::string kind;
    std::string error; ///< some of the last attempt's message
    std::string group; ///< LetterGroup::name
    std::string state; ///< one of `states`; empty: any of them
    std::vector<DeliveryState> states{DeliveryState::dead};

    [[nodiscard]] bool takes_all() const {
        return agent.empty() && positions.empty() && kind.empty() && error.empty() &&
               group.empty() && state.empty();
    }
};

/// Dead letters that died of the same, or others that wait for the same: of equal state, kind and
/// cause_text.
struct LetterGroup {
    std::string agent;
    DeliveryState state = DeliveryState::dead;
    FailureKind kind = FailureKind::transient; ///< of the last attempts
    std::string error;                         ///< their cause_text
    std::string example;                       ///< the message of the first of them
    std::uint64_t letters = 0;
    std::uint64_t quarantined = 0; ///< of them
    Timestamp oldest{};            ///< when the first of them died
    Timestamp newest{};
    Timestamp next_due{};            ///< of deferred ones, the first
    std::vector<Position> positions; ///< of all, ascending

    /// A short name for the command line, made from agent, kind and error: 8 hexadecimal digits.
    [[nodiscard]] std::string name() const;
};

/// What `list` prints for programs.
boost::json::object json_of(const LetterGroup& group);

/// The deliveries that a filter means, by group, the largest first. Throws UsageError, and
/// NotFound where the store does not know the agent.
std::vector<LetterGroup> read_groups(EventStore& store, const LetterFilter& filter);

/// Adds the options that fill a filter; the positions are positional arguments. `filter.states`
/// says whether there is a choice of states.
void add_filter_options(CLI::App& command, LetterFilter& filter);

} // namespace bus::cli
