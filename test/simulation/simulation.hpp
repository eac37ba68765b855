#pragma once

#include "test/simulation/plan.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace simulation {

/// The result of a seed.
struct Result {
    std::uint64_t crashes = 0;
    std::uint64_t starts = 0;
    std::uint64_t faults = 0;            ///< operations of the disk that failed
    std::vector<std::string> troubles{}; ///< empty if everything is right
    std::string trace{};                 ///< what happened, a line each
    std::string log{};                   ///< the trace, then the content of the store and the books
};

/// Runs a seed from an empty folder to the end. For the same run, the folder's path must always
/// have the same length, because messages that name it are stored. `live`: the trace is printed as
/// it grows.
Result run_seed(std::uint64_t seed, std::uint64_t orders, const std::filesystem::path& folder,
                bool live = false);

} // namespace simulation
