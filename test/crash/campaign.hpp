#pragma once

#include "test/crash/profile.hpp"
#include "test/crash/subject.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace crash {

struct CampaignOptions {
    std::uint64_t rounds = 100;
    std::uint64_t seed = 1;
    unsigned jobs = 1;              ///< rounds at a time
    std::filesystem::path folder{}; ///< holds all files
    /// If set, only this round is run, without random numbers.
    std::optional<Plan> plan{};
    std::uint64_t variant = 0; ///< of that round
};

/// The counts of a campaign.
struct Tally {
    std::uint64_t rounds = 0;
    std::uint64_t kills = 0;
    std::uint64_t made_to_fail = 0; ///< starts in which a commit was made to fail
    std::uint64_t lost = 0;
    std::uint64_t duplicated = 0;
    std::uint64_t bad_rounds = 0;
    std::map<std::string, std::uint64_t> killed_at{}; ///< by fault point
    std::set<std::string> points{}; ///< all of the program, even those that no run passes
};

/// Kills a subject at each of its fault points in turn and at random moments, starts it again
/// until it is done, and then checks what is there.
class Campaign {
public:
    Campaign(Subject& subject, CampaignOptions options);

    Tally run();

private:
    /// An undisturbed run of a variant: its files, how long it takes, and the points that it
    /// passes.
    struct Calm {
        std::filesystem::path folder{};
        std::int64_t took_us = 0;
        Hits fresh{};   ///< of a run from the beginning
        Hits resumed{}; ///< of a run after a kill in the middle
    };

    /// A fault point at which to kill the program, and the variants that pass it.
    struct Target {
        std::string point{};
        std::vector<std::uint64_t> variants{};
        bool resumed_only = false;
    };

    /// The results of a round.
    struct Round {
        std::uint64_t kills = 0;
        std::uint64_t made_to_fail = 0;
        std::vector<std::string> killed_at{};
        Findings findings{};
    };

    void measure(std::uint64_t variant);
    void choose_targets();
    void run_rounds();
    void run_turn(std::uint64_t turn);
    Plan plan_for(const Target& target, std::uint64_t variant, std::mt19937_64& dice) const;
    [[nodiscard]] Plan blows_for(const Target& target, std::uint64_t variant,
                                 std::mt19937_64& dice) const;
    [[nodiscard]] static std::string clock_rule(const Calm& calm, std::mt19937_64& dice);
    [[nodiscard]] Blow any_blow(std::uint64_t variant, std::mt19937_64& dice) const;
    Round run_round(std::uint64_t variant, const Plan& plan, const std::filesystem::path& folder);
    Ended strike(const Command& command, const Blow& blow, const std::filesystem::path& folder,
                 Round& round);
    void finish(const Command& command, const std::filesystem::path& folder, Round& round) const;
    void note(std::uint64_t turn, std::uint64_t variant, const Plan& plan, const Round& round,
              const std::filesystem::path& folder);

    Subject& subject_;
    CampaignOptions options_;
    std::vector<Calm> calm_;
    std::vector<Target> targets_;
    std::vector<std::string> can_fail_; ///< points
    std::mutex mutex_;                  ///< guards all members below, and standard output
    std::uint64_t next_turn_ = 0;
    Tally tally_;
};

} // namespace crash
