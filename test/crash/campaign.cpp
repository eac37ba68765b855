#include "test/crash/campaign.hpp"

#include "test/crash/findings.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <thread>

namespace crash {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds patience{60};
/// An event is quarantined after three deaths in a row while it ran by itself. A round must not
/// reach that number by chance.
constexpr std::size_t most_blows = 3;

std::string told_to(const fs::path& folder) {
    return "LIBBUS_FAULTS_TOLD=" + (folder / "told").string();
}

fs::path fresh_folder(const fs::path& folder) {
    fs::remove_all(folder);
    fs::create_directories(folder);
    return folder;
}

std::string last_line(const fs::path& file) {
    std::ifstream in{file};
    std::string last;
    for (std::string line; std::getline(in, line);) {
        last = line.empty() ? last : line;
    }
    return last;
}

std::uint64_t hits_of(const Hits& hits, const std::string& point) {
    const auto found = hits.find(point);
    return found == hits.end() ? 0 : found->second;
}

} // namespace

Campaign::Campaign(Subject& subject, CampaignOptions options)
    : subject_{subject}, options_{std::move(options)} {}

Tally Campaign::run() {
    subject_.prepare(fresh_folder(options_.folder / "shared"));
    calm_.resize(subject_.variants());
    for (std::uint64_t variant = 0; variant < calm_.size(); ++variant) {
        if (!options_.plan || variant == options_.variant) {
            measure(variant);
        }
    }
    choose_targets();
    if (options_.plan) {
        options_.rounds = 1;
    } else if (subject_.deaths_of_its_own() == 0) { // each fault point has a turn
        options_.rounds = std::max<std::uint64_t>(options_.rounds, targets_.size());
    }
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < std::max(options_.jobs, 1U); ++i) {
        threads.emplace_back([this] { run_rounds(); });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    return tally_;
}

/// Runs a variant to its end once undisturbed, and once with a kill in the middle.
void Campaign::measure(std::uint64_t variant) {
    Calm& calm = calm_.at(variant);
    calm.folder = fresh_folder(options_.folder / ("calm-" + std::to_string(variant)));
    const auto began = std::chrono::steady_clock::now();
    Round round;
    finish(subject_.command(variant, calm.folder), calm.folder, round);
    const auto took = std::chrono::steady_clock::now() - began;
    calm.took_us = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
    if (!round.findings.clean()) {
        throw std::runtime_error{
            "the undisturbed run failed: " + round.findings.complaints.front() + " (see " +
            calm.folder.string() + ")"};
    }
    const Told told = read_told(calm.folder / "told");
    calm.fresh = told.hits;
    can_fail_.assign(told.can_fail.begin(), told.can_fail.end());
    const fs::path folder = fresh_folder(options_.folder / "measured");
    const Command command = subject_.command(variant, folder);
    const std::string middle =
        "step.before=kill@" + std::to_string(hits_of(calm.fresh, "step.before") / 2 + 1);
    Round ignored;
    strike(command, {.rules = middle, .after_us = std::nullopt}, folder, ignored);
    finish(command, folder, ignored);
    calm.resumed = read_told(folder / "told").hits;
}

void Campaign::choose_targets() {
    std::map<std::string, Target> targets;
    for (std::uint64_t variant = 0; variant < calm_.size(); ++variant) {
        for (const auto& [point, hits] : calm_[variant].fresh) {
            Target& target = targets[point];
            target.point = point;
            if (hits > 0) {
                target.variants.push_back(variant);
            }
        }
    }
    for (auto& [point, target] : targets) {
        tally_.points.insert(point);
        for (std::uint64_t variant = 0; target.variants.empty() && variant < calm_.size();
             ++variant) {
            if (hits_of(calm_[variant].resumed, point) > 0) {
                target.variants.push_back(variant);
                target.resumed_only = true;
            }
        }
        if (!target.variants.empty()) {
            targets_.push_back(target);
        }
    }
}

// holds S1_a_program_killed_at_random_moments_keeps_what_was_committed
// holds S2_a_program_killed_at_every_named_point_ends_with_each_effect_once
void Campaign::run_rounds() {
    for (;;) {
        std::uint64_t turn = 0;
        {
            const std::lock_guard lock{mutex_};
            if (next_turn_ >= options_.rounds) {
                return;
            }
            turn = next_turn_++;
        }
        try {
            run_turn(turn);
        } catch (const std::exception& error) {
            const std::lock_guard lock{mutex_};
            ++tally_.bad_rounds;
            fmt::print("round {}: {}\n", turn, error.what());
        }
    }
}

void Campaign::run_turn(std::uint64_t turn) {
    std::seed_seq seeds{options_.seed, turn};
    std::mt19937_64 dice{seeds};
    const Target& target = targets_.at(turn % targets_.size());
    const std::uint64_t variant =
        options_.plan ? options_.variant : target.variants.at(dice() % target.variants.size());
    Plan plan = options_.plan ? *options_.plan : plan_for(target, variant, dice);
    const fs::path folder = options_.folder / ("round-" + std::to_string(turn));
    Round round = run_round(variant, plan, folder);
    const bool struck = options_.plan || subject_.deaths_of_its_own() > 0 ||
                        std::count(round.killed_at.begin(), round.killed_at.end(), target.point);
    if (!struck && round.findings.clean()) {
        // The program passed the point less often this time, but it certainly passes it once.
        note(turn, variant, plan, round, folder);
        plan = {plan.front(), {.rules = target.point + "=kill@1", .after_us = std::nullopt}};
        if (!target.resumed_only) {
            plan.erase(plan.begin());
        }
        round = run_round(variant, plan, folder);
    }
    note(turn, variant, plan, round, folder);
}

/// The blows of a round; in half of the rounds, the newer program starts after one of them.
Plan Campaign::plan_for(const Target& target, std::uint64_t variant, std::mt19937_64& dice) const {
    Plan plan = blows_for(target, variant, dice);
    if (!plan.empty() && dice() % 2 == 0 && subject_.newer_command(variant, {})) {
        const auto at = static_cast<std::ptrdiff_t>(1 + dice() % plan.size());
        plan.insert(plan.begin() + at,
                    {.rules = {}, .after_us = std::nullopt, .newer_program = true});
    }
    return plan;
}

/// First a kill at the target's fault point, at any of its hits; then perhaps random blows.
Plan Campaign::blows_for(const Target& target, std::uint64_t variant, std::mt19937_64& dice) const {
    const Calm& calm = calm_.at(variant);
    Plan plan;
    if (subject_.deaths_of_its_own() > 0) {
        if (dice() % 2 == 0) {
            plan.push_back({.rules = {},
                            .after_us = static_cast<std::int64_t>(
                                dice() % static_cast<std::uint64_t>(calm.took_us))});
        }
        return plan;
    }
    if (target.resumed_only) {
        plan.push_back({.rules = "step.before=kill@" +
                                 std::to_string(hits_of(calm.fresh, "step.before") / 2 + 1),
                        .after_us = std::nullopt});
    }
    const std::uint64_t hits =
        hits_of(target.resumed_only ? calm.resumed : calm.fresh, target.point);
    // Not at the last hits: their number varies, because the threads decide what shares a commit.
    const std::uint64_t hit = 1 + dice() % std::max<std::uint64_t>(hits * 3 / 4, 1);
    plan.push_back(
        {.rules = target.point + "=kill@" + std::to_string(hit), .after_us = std::nullopt});
    for (std::uint64_t more = dice() % most_blows; more > 0 && plan.size() < most_blows; --more) {
        plan.push_back(any_blow(variant, dice));
    }
    for (Blow& blow : plan) {
        if (!blow.rules.empty() && dice() % 3 == 0) {
            blow.rules = clock_rule(calm, dice) + ", " + blow.rules;
        }
    }
    return plan;
}

/// Sets the wall clock during the run: by seconds, an hour or years, forward or back. The next
/// start has the machine's time again, so for it the clock was set the other way.
std::string Campaign::clock_rule(const Calm& calm, std::mt19937_64& dice) {
    constexpr std::int64_t steps[] = {2, 3'600, 315'360'000};
    const std::int64_t step = steps[dice() % std::size(steps)] * (dice() % 2 == 0 ? 1 : -1);
    const std::uint64_t hits = std::max<std::uint64_t>(hits_of(calm.fresh, "step.before"), 1);
    return "step.before=set-clock:" + std::to_string(step) + "@" +
           std::to_string(1 + dice() % hits);
}

/// A kill at a moment, alone or with a delay at a fault point; a kill at a fault point; or a fault
/// point that is made to fail.
Blow Campaign::any_blow(std::uint64_t variant, std::mt19937_64& dice) const {
    const Calm& calm = calm_.at(variant);
    const auto rule = [&](const std::string& point, const char* action) {
        const std::uint64_t hits = std::max<std::uint64_t>(hits_of(calm.resumed, point), 1);
        return Blow{.rules = point + action + std::to_string(1 + dice() % hits),
                    .after_us = std::nullopt};
    };
    const auto moment = [&] {
        return static_cast<std::int64_t>(dice() % static_cast<std::uint64_t>(calm.took_us));
    };
    switch (dice() % 5) {
    case 0: return rule(can_fail_.at(dice() % can_fail_.size()), "=fail@");
    case 1: return rule(targets_.at(dice() % targets_.size()).point, "=kill@");
    case 2: {
        Blow blow = rule(targets_.at(dice() % targets_.size()).point, "=delay:20@");
        blow.after_us = moment();
        return blow;
    }
    default: return {.rules = {}, .after_us = moment()};
    }
}

Campaign::Round Campaign::run_round(std::uint64_t variant, const Plan& plan,
                                    const fs::path& folder) {
    fresh_folder(folder);
    Round round;
    Command command = subject_.command(variant, folder);
    bool newer_program = false;
    for (const Blow& blow : plan) {
        if (blow.newer_program) {
            command = subject_.newer_command(variant, folder).value();
            newer_program = true;
            continue;
        }
        const Ended ended = strike(command, blow, folder, round);
        const bool made_to_fail = blow.rules.find("=fail") != std::string::npos;
        if (ended.exit_code != 0 && !ended.killed() &&
            !(made_to_fail && subject_.gave_up_on_store(ended.exit_code))) {
            round.findings.complain("it ended with exit code " + std::to_string(ended.exit_code) +
                                    ": " + last_line(folder / "err"));
            return round;
        }
    }
    finish(command, folder, round);
    round.killed_at = read_told(folder / "told").killed;
    if (round.findings.clean()) {
        round.findings = subject_.look(
            variant, folder, calm_.at(variant).folder,
            {.commits_failed = round.made_to_fail > 0, .newer_program = newer_program});
        check_verified(subject_.store(folder), round.findings);
    }
    return round;
}

Ended Campaign::strike(const Command& command, const Blow& blow, const fs::path& folder,
                       Round& round) {
    std::vector<std::string> variables{told_to(folder)};
    if (!blow.rules.empty()) {
        variables.push_back("LIBBUS_FAULTS=" + blow.rules);
    }
    round.made_to_fail += blow.rules.find("=fail") != std::string::npos ? 1U : 0U;
    Process process{command, variables, folder};
    std::optional<Ended> ended =
        process.wait_for(blow.after_us ? std::chrono::microseconds{*blow.after_us} : patience);
    if (!ended) {
        ended = process.kill();
        if (!blow.after_us) {
            return {-1}; // it hung
        }
    }
    round.kills += ended->killed() ? 1U : 0U;
    return *ended;
}

/// Starts the program until it is done. The first start must finish it, unless it kills itself.
void Campaign::finish(const Command& command, const fs::path& folder, Round& round) const {
    for (std::uint64_t deaths = 0;; ++deaths) {
        const Ended ended = crash::run(command, {told_to(folder)}, folder, patience);
        if (ended.exit_code == 0) {
            return;
        }
        round.kills += ended.killed() ? 1U : 0U;
        if (!ended.killed() || deaths >= subject_.deaths_of_its_own()) {
            round.findings.complain((ended.exit_code == -1 ? "it hung"
                                                           : "it ended with exit code " +
                                                                 std::to_string(ended.exit_code)) +
                                    ": " + last_line(folder / "err"));
            return;
        }
    }
}

void Campaign::note(std::uint64_t turn, std::uint64_t variant, const Plan& plan, const Round& round,
                    const fs::path& folder) {
    const std::lock_guard lock{mutex_};
    ++tally_.rounds;
    tally_.kills += round.kills;
    tally_.made_to_fail += round.made_to_fail;
    tally_.lost += round.findings.lost;
    tally_.duplicated += round.findings.duplicated;
    for (const std::string& point : round.killed_at) {
        ++tally_.killed_at[point];
    }
    if (round.findings.clean()) {
        fs::remove_all(folder);
    } else {
        ++tally_.bad_rounds;
        constexpr std::size_t most_told = 12;
        fmt::print("{} round {} FAILED: {} lost, {} duplicated\n", subject_.name(), turn,
                   round.findings.lost, round.findings.duplicated);
        for (std::size_t i = 0; i < std::min(round.findings.complaints.size(), most_told); ++i) {
            fmt::print("    {}\n", round.findings.complaints[i]);
        }
        fmt::print("    its files are in {}; again:\n    test/crash/run --campaign {} --variant {} "
                   "--plan '{}'\n",
                   folder.string(), subject_.name(), variant, to_text(plan));
    }
    constexpr std::uint64_t told_every = 50;
    if (tally_.rounds % told_every == 0) {
        fmt::print("{}: {} of {} rounds, {} kills, {} lost, {} duplicated\n", subject_.name(),
                   tally_.rounds, options_.rounds, tally_.kills, tally_.lost, tally_.duplicated);
    }
    static_cast<void>(std::fflush(stdout));
}

} // namespace crash
