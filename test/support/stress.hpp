#pragma once

#include <cstdint>
#include <functional>
#include <random>

/// Shared by the programs of test/stress: rounds with seeded random numbers, few with ctest, many
/// with test/stress/run.
namespace test {

/// The random numbers of one thread in one round. The same seed gives the same program, but not
/// always the same result, because the scheduler matters too.
class Chance {
public:
    explicit Chance(std::uint64_t seed) : generator_{seed} {}

    /// 0 to `below` - 1.
    std::uint64_t number(std::uint64_t below) { return generator_() % below; }

    /// True once in `times` calls, on average.
    bool once_in(std::uint64_t times) { return number(times) == 0; }

    /// Now and then, lets other threads run. Threads change places at the calls of this.
    void yield();

    /// The random numbers for another thread.
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
