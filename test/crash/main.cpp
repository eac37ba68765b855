// The crash campaigns. test/crash/run builds and starts this program.
#include "test/crash/campaign.hpp"
#include "test/crash/pipeline_subject.hpp"
#include "test/crash/workshop_subject.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <exception>
#include <thread>

namespace {

using crash::Tally;

struct Options {
    std::vector<std::string> campaigns{};
    crash::CampaignOptions campaign;
    std::string folder{};
    std::string plan{};
};

std::unique_ptr<crash::Subject> subject(const std::string& name) {
    if (name == "pipeline") {
        return crash::pipeline_subject();
    }
    return name == "workshop" ? crash::workshop_subject() : crash::quarantine_subject();
}

void add(const Tally& from, Tally& to) {
    to.rounds += from.rounds;
    to.kills += from.kills;
    to.made_to_fail += from.made_to_fail;
    to.lost += from.lost;
    to.duplicated += from.duplicated;
    to.bad_rounds += from.bad_rounds;
    for (const auto& [point, kills] : from.killed_at) {
        to.killed_at[point] += kills;
    }
}

/// The fault points of the programs at which no round has killed a program.
std::vector<std::string> left_out(const Tally& tally, const std::set<std::string>& points) {
    std::vector<std::string> result;
    for (const std::string& point : points) {
        if (!tally.killed_at.contains(point)) {
            result.push_back(point);
        }
    }
    return result;
}

void print(const std::string& name, const Tally& tally) {
    fmt::print(
        "{}: {} rounds, {} kills ({} at {} fault points), {} starts with a failing commit, "
        "{} lost, {} duplicated, {} bad rounds\n",
        name, tally.rounds, tally.kills,
        [&] {
            std::uint64_t sum = 0;
            for (const auto& [point, kills] : tally.killed_at) {
                sum += kills;
            }
            return sum;
        }(),
        tally.killed_at.size(), tally.made_to_fail, tally.lost, tally.duplicated, tally.bad_rounds);
}

int run(Options& options) {
    Tally all;
    std::set<std::string> points;
    for (const std::string& name : options.campaigns) {
        const auto chosen = subject(name);
        if (!chosen) {
            fmt::print("{}: left out, as this store keeps no notes of what was begun\n", name);
            continue;
        }
        options.campaign.folder = std::filesystem::path{options.folder} / name;
        crash::Campaign campaign{*chosen, options.campaign};
        const Tally tally = campaign.run();
        print(name, tally);
        if (name != "quarantine") {
            points.insert(tally.points.begin(), tally.points.end());
        }
        add(tally, all);
    }
    const bool clean = all.lost + all.duplicated + all.bad_rounds == 0;
    if (options.campaign.plan) {
        return clean ? 0 : 1;
    }
    const auto missed = left_out(all, points);
    const bool asked_for_all = options.campaigns.size() > 1;
    if (!missed.empty()) {
        fmt::print("fault points at which nothing was killed{}: {}\n",
                   asked_for_all ? "" : " (other campaigns may)", fmt::join(missed, ", "));
    }
    fmt::print("rounds {}, kills {}, lost {}, duplicated {}\n", all.rounds, all.kills, all.lost,
               all.duplicated);
    return clean && (missed.empty() || !asked_for_all) ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
    CLI::App app{"Kills programs and looks at what is left.", "crash_campaign"};
    Options options;
    options.campaign.jobs = std::max(std::thread::hardware_concurrency(), 1U);
    app.add_option("--campaign", options.campaigns)
        ->check(CLI::IsMember{{"pipeline", "workshop", "quarantine"}});
    app.add_option("--rounds", options.campaign.rounds);
    app.add_option("--seed", options.campaign.seed);
    app.add_option("--jobs", options.campaign.jobs);
    app.add_option("--folder", options.folder)->required();
    app.add_option("--variant", options.campaign.variant);
    app.add_option("--plan", options.plan);
    CLI11_PARSE(app, argc, argv);
    try {
        if (options.campaigns.empty()) {
            options.campaigns = {"pipeline", "workshop", "quarantine"};
        }
        if (app.count("--plan") > 0) {
            options.campaign.plan = crash::parse_plan(options.plan);
        }
        return run(options);
    } catch (const std::exception& error) {
        fmt::print(stderr, "crash_campaign: {}\n", error.what());
        return 2;
    }
}
