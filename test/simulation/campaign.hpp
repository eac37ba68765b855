#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

namespace simulation {

struct CampaignOptions {
    std::uint64_t first = 1;
    std::uint64_t seeds = 1000;
    std::uint64_t orders = 50;
    std::uint64_t jobs = 1;
    std::uint64_t from = 0;         ///< for a worker: earlier seeds are done
    std::string preset = "release"; ///< of this build
    std::string program{};          ///< is started for each job
    std::filesystem::path folder{}; ///< holds the folders of the jobs
};

/// Runs each seed twice, in two processes if there are several, and compares their logs. Prints
/// each failure at once, with the command that replays it, and a closing line, to `out`. Returns
/// true if nothing failed.
bool run_campaign(const CampaignOptions& options, std::FILE* out = stdout);

/// The work of one process: its share of the seeds, reported line by line on standard output.
void work(const CampaignOptions& options, std::uint64_t worker);

/// The folder of a job. The path has the same length for every job.
std::filesystem::path folder_of(std::uint64_t worker, const std::filesystem::path& folder);

/// A hash to compare logs by (FNV-1a, 64 bit).
std::uint64_t digest(std::string_view text);

} // namespace simulation
