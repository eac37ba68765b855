#pragma once

#include <cstdint>
#include <functional>
#include <random>

/// What the programs of test/stress share: rounds of seeded chance, few with ctest, many with
/// test/stress/run.
namespace test {

/// The chance of one thread in one round. The scheduler has its say too, so the same seed gives the
/// same program, but not always the same outcome.
class Chance {
public:
    explicit Chance(std::uint64_t seed) : generator_{seed} {}

    /// 0 to `below` - 1.
    std::uint64_t number(std::uint64_t below) { return generator_() % below; }

    /// True once in `times` calls, on average.
    bool once_in(std::uint64_t times) { return number(times) == 0; }

    /// Lets other threads go on, now and then: where it is called, threads change places.
    void yield();

    /// For a thread of its own.
    Chance fork() { return Chance{generator_()}; }

private:
    std::mt19937_64 generator_;
};

/// Calls `round` as often as the environment variable LIBBUS_STRESS_ROUNDS says, or else
/// `usual_rounds` times. The seeds begin at LIBBUS_STRESS_SEED, or else at 1. If
/// LIBBUS_STRESS_SECONDS is set, no round begins after that time. After the first round in which a
/// check fails, it prints the seed and ends. A message says how many rounds there were.
void stress(int usual_rounds, const std::function<void(Chance&)>& round);

} // namespace test
