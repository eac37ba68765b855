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
    std::uint64_t from = 0;         ///< of a worker: seeds before it are done
    std::string preset = "release"; ///< of this build
    std::string program{};          ///< to be started for each job
    std::filesystem::path folder{}; ///< where the jobs may have folders
};

/// Runs each seed twice, in two processes where there are several, and compares their logs. Prints
/// what fails as it does, with the command that replays it, and a closing line, to `out`. Returns
/// whether nothing did.
bool run_campaign(const CampaignOptions& options, std::FILE* out = stdout);

/// What each of the processes does: its share of the seeds, told line by line on standard output.
void work(const CampaignOptions& options, std::uint64_t worker);

/// The folder of a job; the path is as long for each.
std::filesystem::path folder_of(std::uint64_t worker, const std::filesystem::path& folder);

/// Tells logs apart (FNV-1a, 64 bit).
std::uint64_t digest(std::string_view text);

} // namespace simulation
