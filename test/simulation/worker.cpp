#include "test/simulation/campaign.hpp"
#include "test/simulation/simulation.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>

namespace simulation {

namespace {

/// A seed that takes longer is taken to be endless.
constexpr unsigned longest_seed_s = 120;

} // namespace

void work(const CampaignOptions& options, std::uint64_t worker) {
    const std::filesystem::path folder = folder_of(worker, options.folder);
    for (std::uint64_t i = 0; i < options.seeds; ++i) {
        const std::uint64_t seed = options.first + i;
        const auto runs =
            (i % options.jobs == worker ? 1U : 0U) + ((i + 1) % options.jobs == worker ? 1U : 0U);
        for (unsigned run = 0; run < runs && seed >= options.from; ++run) {
            fmt::print("seed {}\n", seed);
            std::fflush(stdout);
            ::alarm(longest_seed_s);
            const Result result = run_seed(seed, options.orders, folder);
            for (const std::string& trouble : result.troubles) {
                fmt::print("  {}\n", trouble);
            }
            fmt::print("done {} {} {:x}\n", result.crashes, result.faults, digest(result.log));
            std::fflush(stdout);
        }
    }
}

std::filesystem::path folder_of(std::uint64_t worker, const std::filesystem::path& folder) {
    return folder / fmt::format("{:04}", worker);
}

std::uint64_t digest(std::string_view text) {
    std::uint64_t state = 0xcbf29ce484222325ULL;
    for (const char c : text) {
        state = (state ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    }
    return state;
}

} // namespace simulation
