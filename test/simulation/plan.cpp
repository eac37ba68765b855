#include "test/simulation/plan.hpp"

#include <algorithm>
#include <array>
#include <chrono>

namespace simulation {

using namespace std::chrono_literals;

namespace {

/// About the number of disk changes in an undisturbed life. A crash beyond it never happens.
constexpr std::uint64_t usual_changes = 4'000;
/// The changes while the store is opened and recovered.
constexpr std::uint64_t first_changes = 40;

DiskPace pace(Dice& dice) {
    constexpr std::array fastest{20us, 100us, 2'000us, 8'000us};
    const bus::Duration least = fastest.at(dice.below(fastest.size()));
    return {.least = least,
            .most = least * 4,
            .stall_once_in = dice.once_in(2) ? dice.between(30, 300) : 0,
            .others_once_in = dice.between(0, 4)};
}

/// A killed process leaves everything that it has written; a power cut leaves some of the unsynced
/// writes.
test::PowerLoss loss(Dice& dice) {
    test::PowerLoss result{.seed = dice.number(), .kept = 0.0, .torn = false};
    switch (dice.below(4)) {
    case 0: result.kept = 1.0; break;
    case 1: break;
    case 2: result.kept = static_cast<double>(dice.between(1, 9)) / 10; break;
    default:
        result.kept = static_cast<double>(dice.between(1, 9)) / 10;
        result.torn = true;
        break;
    }
    return result;
}

FaultWindow window(Dice& dice) {
    constexpr std::array faults{test::DiskFault::full, test::DiskFault::no_writes,
                                test::DiskFault::no_reads, test::DiskFault::read_only};
    FaultWindow result{.from = dice.duration(1ms, 2s),
                       .length = dice.duration(1ms, 3s),
                       .fault = faults.at(dice.below(faults.size()))};
    if (dice.once_in(6)) {
        result.from = -1us;
    }
    return result;
}

void add_disk_faults(Life& life, Dice& dice) {
    for (std::uint64_t i = dice.below(3); i > 0; --i) {
        life.windows.push_back(window(dice));
    }
    for (std::uint64_t i = dice.below(4); i > 0; --i) {
        life.failing_changes.push_back(dice.between(1, usual_changes / 8));
    }
}

Life life(Dice& dice, bool disk_fails) {
    Life result{.seed = dice.number(),
                .crash_at = {},
                .loss = loss(dice),
                .stop_after = {},
                .stop = dice.once_in(2) ? bus::Stop::drain : bus::Stop::now,
                .windows = {},
                .failing_changes = {},
                .pace = pace(dice),
                .feed_gap = dice.duration(10us, 50ms),
                .downtime = dice.once_in(8) ? dice.duration(1min, 3h) : dice.duration(1ms, 5s)};
    switch (dice.below(6)) {
    case 0: result.stop_after = dice.duration(1ms, 3s); break;
    case 1: result.crash_at = dice.between(1, first_changes); break;
    default: result.crash_at = dice.between(1, usual_changes / 2); break;
    }
    if (disk_fails && dice.once_in(2)) {
        add_disk_faults(result, dice);
    }
    return result;
}

/// Sets the wall clock in some of the lives and between them: a little, an hour, years; forward and
/// back, but never before the first year of its count.
class ClockSetter {
public:
    explicit ClockSetter(Dice& dice) : dice_{dice} {}

    void set(Plan& plan) {
        for (Life& life : plan.lives) {
            for (std::uint64_t i = dice_.once_in(2) ? dice_.between(1, 3) : 0; i > 0; --i) {
                life.clock_steps.push_back({.at = dice_.duration(1ms, 4s), .by = step()});
            }
            if (dice_.once_in(4)) {
                life.clock_set_after = step();
            }
        }
    }

private:
    bus::Duration step() {
        constexpr bus::Duration farthest = 20 * 365 * 24h;
        bus::Duration by{};
        switch (dice_.below(4)) {
        case 0: by = 1h; break;
        case 1: by = 10 * 365 * 24h; break;
        default: by = dice_.duration(200ms, 20min); break;
        }
        by = dice_.once_in(2) ? by : -by;
        if (ahead_ + by > farthest || ahead_ + by < -farthest) {
            by = -by;
        }
        ahead_ += by;
        return by;
    }

    Dice& dice_;
    bus::Duration ahead_{};
};

/// Plans an operator for half of the lives and between some of them, pruning for some of the seeds,
/// and the newer program, in which the packer has another name.
class Errands {
public:
    explicit Errands(Dice& dice) : dice_{dice} {}

    void add(Plan& plan) {
        prunes_ = dice_.once_in(3);
        if (dice_.once_in(4)) {
            plan.retention = dice_.duration(30s, 1h);
            plan.retention_every = dice_.duration(100ms, 5s);
        }
        plan.prunes = prunes_ || plan.retention > 0us;
        // From the first life on, the packer has always had that name.
        const std::uint64_t renamed_from =
            dice_.once_in(4) ? plan.lives.size() : dice_.between(1, plan.lives.size() - 1);
        for (std::size_t i = 0; i < plan.lives.size(); ++i) {
            Life& life = plan.lives[i];
            const bool last = i + 1 == plan.lives.size();
            life.newer_program = i >= renamed_from;
            life.asks = asks();
            if (plan.retention > 0us && dice_.once_in(2)) {
                life.downtime =
                    dice_.duration(1min, 3h); // with less, few events would be old enough
            }
            if (!last && dice_.once_in(4)) {
                life.visit = visit();
            }
            if (!last && i + 1 == renamed_from && dice_.once_in(3)) {
                life.visit = life.visit ? *life.visit : visit();
                life.visit->renames = true;
            }
        }
    }

private:
    std::vector<Ask> asks() {
        std::vector<Ask> result;
        for (std::uint64_t i = dice_.once_in(2) ? dice_.between(1, 5) : 0; i > 0; --i) {
            result.push_back(ask());
        }
        std::sort(result.begin(), result.end(),
                  [](const Ask& one, const Ask& other) { return one.at < other.at; });
        return result;
    }

    Ask ask() {
        constexpr std::array errands{Errand::retry, Errand::redrive, Errand::discard,
                                     Errand::prune_requests, Errand::prune};
        const std::size_t most = errands.size() - (prunes_ ? 0 : 1);
        return {.at = dice_.duration(1ms, 3s),
                .errand = errands.at(dice_.below(most)),
                .chance = dice_.number(),
                .only_asked = dice_.once_in(3)};
    }

    Visit visit() {
        Visit result{.renames = false, .asks = asks(), .crash_at = {}, .loss = loss(dice_)};
        if (dice_.once_in(3)) {
            result.crash_at = dice_.between(1, first_changes);
        }
        return result;
    }

    Dice& dice_;
    bool prunes_ = false;
};

std::uint64_t mixed(std::uint64_t seed, std::uint32_t with) {
    // Neighbouring seeds must not give similar random numbers.
    std::seed_seq mix{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32U),
                      with};
    std::array<std::uint32_t, 2> words{};
    mix.generate(words.begin(), words.end());
    return (std::uint64_t{words[0]} << 32U) | words[1];
}

} // namespace

bus::Duration Dice::duration(bus::Duration low, bus::Duration high) {
    std::uint64_t doublings = 0;
    while (low * (std::int64_t{2} << doublings) <= high) {
        ++doublings;
    }
    const auto from = static_cast<std::uint64_t>(low.count()) << below(doublings + 1);
    const auto most = static_cast<std::uint64_t>(high.count());
    return bus::Duration{
        static_cast<std::int64_t>(between(from, std::max(from, std::min(most, from * 2))))};
}

Plan make_plan(std::uint64_t seed, std::uint64_t orders) {
    Dice dice{mixed(seed, 1)};
    Dice of_the_clock{mixed(seed, 2)};
    Dice of_the_operator{mixed(seed, 3)};

    Plan plan{.seed = seed, .orders = orders};
    plan.books_fault_rate = dice.once_in(2) ? 0.0 : static_cast<double>(dice.between(1, 4)) / 10;
    plan.disk_fails = dice.once_in(2);
    for (std::uint64_t count = dice.between(1, 6); count > 0; --count) {
        plan.lives.push_back(life(dice, plan.disk_fails));
    }
    plan.lives.push_back({.seed = dice.number(), .pace = pace(dice), .feed_gap = 1ms});
    ClockSetter{of_the_clock}.set(plan);
    plan.clock_set = std::any_of(plan.lives.begin(), plan.lives.end(), [](const Life& life) {
        return !life.clock_steps.empty() || life.clock_set_after != 0us;
    });
    Errands{of_the_operator}.add(plan);
    return plan;
}

} // namespace simulation
