#pragma once

#include "test/simulation/plan.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace simulation {

/// What came of a seed.
struct Result {
    std::uint64_t crashes = 0;
    std::uint64_t starts = 0;
    std::uint64_t faults = 0;            ///< operations of the disk that failed
    std::vector<std::string> troubles{}; ///< empty: all is as it should be
    std::string trace{};                 ///< what happened, a line each
    std::string log{};                   ///< the trace, then all that is in the store and the books
};

/// Runs a seed from an empty folder to the end. The folder's path must always have the same length
/// for the same run to come out: messages that name it are kept in the store. `live`: the trace is
/// printed as it grows.
Result run_seed(std::uint64_t seed, std::uint64_t orders, const std::filesystem::path& folder,
                bool live = false);

} // namespace simulation
