#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace crash {

/// How often a program passes each of its fault points.
using Hits = std::map<std::string, std::uint64_t>;

/// What a program wrote about its fault points (LIBBUS_FAULTS_TOLD).
struct Told {
    Hits hits{};                       ///< of the last run that reached its end
    std::set<std::string> can_fail{};  ///< the points of those that can fail
    std::vector<std::string> killed{}; ///< the points at which it killed itself, in turn
};

Told read_told(const std::filesystem::path& file);

/// What happens to one start of a program: rules for its fault points, or SIGKILL from outside. Or
/// no start, but from then on the newer program is started.
struct Blow {
    std::string rules{};                    ///< in the format of LIBBUS_FAULTS; empty: none
    std::optional<std::int64_t> after_us{}; ///< when to kill it, from its start
    bool newer_program = false;             ///< start the newer program, and do nothing else
};

/// The blows of a round, one for each start; a round goes on to its end after them.
using Plan = std::vector<Blow>;

/// A plan in the form in which it is printed and read: `commit.before=kill@3; newer program;
/// 12500us`.
std::string to_text(const Plan& plan);
/// Throws std::invalid_argument.
Plan parse_plan(const std::string& text);

} // namespace crash
