#include "test/simulation/simulation.hpp"

#include "demo/marketplace/generator.hpp"
#include "test/simulation/checks.hpp"
#include "test/simulation/errands.hpp"
#include "test/simulation/host.hpp"

#include <fstream>

namespace simulation {

namespace fs = std::filesystem;

namespace {

/// More faulty orders than in a usual feed, because there are few orders.
constexpr demo::FeedFaults faulty_orders{.duplicates = 400,
                                         .broken_lines = 150,
                                         .missing_members = 150,
                                         .invalid_amounts = 150,
                                         .mixed_currencies = 150,
                                         .no_financials = 200,
                                         .total_mismatches = 150,
                                         .price_mismatches = 150};

void live_all(World& world, Result& result) {
    for (const Life& life : world.plan.lives) {
        ++result.starts;
        const bool last = &life == &world.plan.lives.back();
        const Ended ended = Host{world, life}.run();
        if (ended == Ended::crashed) {
            ++world.crashes;
            world.disk.power_on(life.loss);
        } else if (last && ended != Ended::done) {
            throw Misbehaved{"left in peace, the host does not come to its end"};
        }
        world.disk.forget_plans();
        visit(world, life);
        world.now += life.downtime + life.clock_set_after;
    }
}

} // namespace

Result run_seed(std::uint64_t seed, std::uint64_t orders, const fs::path& folder, bool live) {
    fs::remove_all(folder);
    fs::create_directories(folder);
    const Plan plan = make_plan(seed, orders);
    {
        std::ofstream feed{folder / "feed.ndjson"};
        demo::generate(orders, seed, feed, faulty_orders);
    }
    const Expected expected = undisturbed(folder / "feed.ndjson", folder);
    World world{plan, folder, live};
    Result result;
    try {
        live_all(world, result);
        result.troubles = check(world, expected);
    } catch (const std::exception& error) {
        result.troubles.push_back(error.what());
    }
    if (constexpr std::size_t most = 20; result.troubles.size() > most) {
        const std::size_t more = result.troubles.size() - most;
        result.troubles.resize(most);
        result.troubles.push_back("and " + std::to_string(more) + " more");
    }
    result.crashes = world.crashes;
    result.faults = world.disk.failed();
    result.trace = world.trace.text();
    result.log = result.trace;
    try {
        result.log += everything(world);
    } catch (const std::exception& error) {
        result.troubles.push_back(error.what());
    }
    return result;
}

} // namespace simulation
