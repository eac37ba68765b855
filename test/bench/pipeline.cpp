// Orders a second, end to end: from the feed's lines to settled, the books included.
#include "demo/pipeline/pipeline.hpp"

#include "demo/marketplace/generator.hpp"
#include <bus/store/store_url.hpp>

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace {

constexpr std::uint64_t orders = 1000;

/// A folder of its own for each round, so that each begins with an empty store.
class Round {
public:
    Round() {
        std::string name =
            (std::filesystem::temp_directory_path() / "bench_pipeline-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) {
            throw std::runtime_error{"cannot make a folder in " +
                                     std::filesystem::temp_directory_path().string()};
        }
        folder_ = name;
        std::ofstream out{feed()};
        demo::generate(orders, 1, out);
    }

    Round(const Round&) = delete;
    Round& operator=(const Round&) = delete;

    ~Round() { std::filesystem::remove_all(folder_); }

    [[nodiscard]] std::string feed() const { return folder_ / "feed.ndjson"; }

    [[nodiscard]] std::string sqlite() const {
        return "sqlite:" + (folder_ / "orders.db").string();
    }

private:
    std::filesystem::path folder_;
};

void run(benchmark::State& state, const Round& round, const std::string& store) {
    demo::RunOptions options;
    options.feeds = {round.feed()};
    options.store = store;
    demo::Marketplace marketplace{options.feeds};
    demo::Pipeline pipeline{options, marketplace, bus::open_store(store)};
    while (pipeline.feed_next()) {
    }
    pipeline.end_feed();
    while (!pipeline.settled()) {
        pipeline.pause();
    }
    const demo::PipelineCounts& counts = pipeline.counts();
    if (counts.synced + counts.failed < static_cast<std::int64_t>(orders) * 9 / 10) {
        state.SkipWithError("too few orders were settled");
    }
}

void on_sqlite(benchmark::State& state) {
    for ([[maybe_unused]] auto _ : state) {
        state.PauseTiming();
        const Round round;
        state.ResumeTiming();
        run(state, round, round.sqlite());
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(orders) * state.iterations());
}

void in_memory(benchmark::State& state) {
    for ([[maybe_unused]] auto _ : state) {
        state.PauseTiming();
        const Round round;
        state.ResumeTiming();
        run(state, round, "memory");
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(orders) * state.iterations());
}

} // namespace

BENCHMARK(on_sqlite)->Name("pipeline/sqlite")->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(in_memory)->Name("pipeline/memory")->UseRealTime()->Unit(benchmark::kMillisecond);
