#pragma once

#include <bus/store/event_store.hpp>

#include <CLI/CLI.hpp>
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

    [[nodiscard]] bool takes_all() const {
        return agent.empty() && positions.empty() && kind.empty() && error.empty() && group.empty();
    }
};

/// Dead letters that died of the same: of equal kind and cause_text.
struct LetterGroup {
    std::string agent;
    FailureKind kind = FailureKind::transient; ///< of the last attempts
    std::string error;                         ///< their cause_text
    std::string example;                       ///< the message of the first of them
    std::uint64_t letters = 0;
    std::uint64_t quarantined = 0; ///< of them
    Timestamp oldest{};            ///< when the first of them died
    Timestamp newest{};
    std::vector<Position> positions; ///< of all, ascending

    /// A short name for the command line, made from agent, kind and error: 8 hexadecimal digits.
    [[nodiscard]] std::string name() const;
};

/// The dead letters that a filter means, by group, the largest first. Throws UsageError, and
/// NotFound where the store does not know the agent.
std::vector<LetterGroup> read_groups(EventStore& store, const LetterFilter& filter);

/// Adds the options that fill a filter; the positions are positional arguments.
void add_filter_options(CLI::App& command, LetterFilter& filter);

} // namespace bus::cli
