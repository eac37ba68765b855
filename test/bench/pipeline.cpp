// Orders a second, end to end: from the feed's lines to settled, the books included.
//   pipeline/memory/N, pipeline/sqlite/N   N orders into an empty store; peak_MB is the most memory
//                                          that the process had at once, of which before_MB was
//                                          there when the round began. More than 256 is an
//                                          error: however many orders, the caches are full.
//                                          So are 32 more for twice as many orders
//   pipeline/after/N                       4,000 orders into a store with N events of others
#include "demo/pipeline/pipeline.hpp"

#include "demo/marketplace/generator.hpp"
#include "test/bench/ratios.hpp"
#include "test/bench/store_feed.hpp"
#include <bus/store/store_url.hpp>

#include <benchmark/benchmark.h>
#include <malloc.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>

namespace bench {

namespace {

/// A new folder for each round, so that each round begins with an empty store.
class Round {
public:
    explicit Round(std::int64_t orders) {
        std::ofstream out{feed()};
        demo::generate(static_cast<std::uint64_t>(orders), 1, out);
    }

    [[nodiscard]] std::string feed() const { return folder_.db().string() + ".ndjson"; }

    [[nodiscard]] std::string sqlite() const { return "sqlite:" + folder_.db().string(); }

private:
    Folder folder_;
};

/// A pipeline whose agents have nothing to do until the feed is read.
struct Ready {
    Ready(const Round& round, const std::string& store, std::size_t events_before)
        : options{.feeds = {round.feed()}, .store = store}, marketplace{options.feeds} {
        const auto opened = bus::open_store(store);
        Feed others{1'000};
        for (std::size_t i = 0; i < events_before; i += 1'000) {
            opened->commit(others.next(), false);
        }
        pipeline = std::make_unique<demo::Pipeline>(options, marketplace,
                                                    bus::BusOptions{.store = opened});
        pipeline->bus().wait_idle();
    }

    demo::RunOptions options;
    demo::Marketplace marketplace;
    std::unique_ptr<demo::Pipeline> pipeline;
};

void run(benchmark::State& state, demo::Pipeline& pipeline, std::int64_t orders) {
    while (pipeline.feed_next()) {
    }
    pipeline.end_feed();
    while (!pipeline.settled()) {
        pipeline.pause();
    }
    const demo::PipelineCounts& counts = pipeline.counts();
    if (counts.synced + counts.failed < orders * 9 / 10) {
        state.SkipWithError("too few orders were settled");
    }
}

/// A value of /proc/self/status in megabytes; 0 if there is none.
double megabytes(std::string_view name) {
    std::ifstream status{"/proc/self/status"};
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(name)) {
            return std::stod(line.substr(name.size() + 1)) / 1024;
        }
    }
    return 0;
}

/// The memory that a run may take with full caches. They are full at about 30,000 orders.
constexpr double most_megabytes = 256;

/// The memory that 20,000 more orders may take: 16 to 21 for caches that were not full yet. If one
/// event of each order was never freed, it would be 20 more.
constexpr double most_growth = 32;

/// The peak for each number of orders on SQLite. Of several rounds it is the lowest, because memory
/// from earlier work only adds to it.
std::map<std::int64_t, double> peaks;

/// The complaint about the memory; empty if it is as it should be.
std::string growth(std::int64_t orders, double peak) {
    const auto [known, is_new] = peaks.emplace(orders, peak);
    known->second = std::min(known->second, peak);
    const auto half = peaks.find(orders / 2);
    if (orders < 40'000 || half == peaks.end() || known->second - half->second <= most_growth) {
        return {};
    }
    return "the memory grows with the number of orders: " + std::to_string(half->second) +
           " MB for half as many";
}

void forget_peak() {
    malloc_trim(0);
    std::ofstream{"/proc/self/clear_refs"} << '5'; // proc(5): VmHWM begins again
}

void rounds(benchmark::State& state, std::int64_t orders, bool in_memory,
            std::size_t events_before) {
    double before = 0;
    measure(
        state, orders,
        [&] {
            auto round = std::make_unique<Round>(orders);
            forget_peak();
            before = megabytes("VmRSS");
            auto ready = std::make_unique<Ready>(*round, in_memory ? "memory" : round->sqlite(),
                                                 events_before);
            return std::pair{std::move(round), std::move(ready)}; // its end begins with the latter
        },
        [&](const auto& prepared) { run(state, *prepared.second->pipeline, orders); });
    const double peak = megabytes("VmHWM");
    state.counters["peak_MB"] = peak;
    state.counters["before_MB"] = before;
    if (peak > most_megabytes) {
        state.SkipWithError("the memory grows with the number of orders");
    }
    if (const std::string grown = in_memory || events_before != 0 ? "" : growth(orders, peak);
        !grown.empty()) {
        state.SkipWithError(grown.c_str());
    }
}

void in_memory(benchmark::State& state) {
    rounds(state, state.range(0), true, 0);
}

void on_sqlite(benchmark::State& state) {
    rounds(state, state.range(0), false, 0);
}

void after(benchmark::State& state) {
    rounds(state, 4'000, false, static_cast<std::size_t>(state.range(0)));
}

BENCHMARK(in_memory)->Name("pipeline/memory")->Arg(1'000)->UseRealTime();
BENCHMARK(on_sqlite)
    ->Name("pipeline/sqlite")
    ->Arg(1'000)
    ->Arg(5'000)
    ->Arg(20'000)
    ->Arg(40'000)
    ->UseRealTime();
BENCHMARK(after)->Name("pipeline/after")->Arg(10'000)->Arg(1'000'000)->UseRealTime();

constexpr std::array goals{
    at_most("pipeline/after/1000000/real_time", "pipeline/after/10000/real_time", 1.3),
};

} // namespace

} // namespace bench

int main(int argc, char** argv) {
    return bench::run_and_compare(argc, argv, bench::goals);
}
