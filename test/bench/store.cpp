// The store compared with what it is built on, in events (or steps) a second. B: events in a batch:
//   raw_fdatasync/B               400 bytes an event at the end of a file, write and fdatasync
//   sqlite_bulk/B                 rows into the store's schema by bare prepared statements, one
//                                 transaction, the same settings
//   libbus_append/B               the same events as B parts of one durable commit of the store
//   libbus_append_buffered/B      the same without waiting for the disk
//   libbus_publish_committed/P    P threads publish, each waits for its commit
//   libbus_step/A                 A agents; a step reads an event, emits one of 350 bytes and
//                                 writes a row of state; 256 sequences
//   scan, replay                  200,000 events in pages of 1,000; and into a new agent that
//                                 handles every type
#include "test/bench/ratios.hpp"
#include "test/bench/store_feed.hpp"
#include "test/bench/store_peers.hpp"
#include <bus/store/sqlite_store.hpp>

#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <string>

namespace bench {

namespace {

void raw_fdatasync(benchmark::State& state) {
    const Folder folder;
    RawLog log{folder.db()};
    const std::string bytes(static_cast<std::size_t>(state.range(0)) * 400, 'x');
    measure(state, state.range(0), [&] { log.write(bytes); });
}

void sqlite_bulk(benchmark::State& state) {
    const Folder folder;
    Bulk bulk{folder.db()};
    Feed feed{static_cast<std::size_t>(state.range(0))};
    measure(state, state.range(0), [&] { bulk.write(feed.next()); });
}

void append(benchmark::State& state, bool durable) {
    const Folder folder;
    const auto store = bus::SqliteStore::open({.path = folder.db()});
    Feed feed{static_cast<std::size_t>(state.range(0))};
    measure(state, state.range(0),
            [&] { benchmark::DoNotOptimize(store->commit(feed.next(), durable)); });
}

void libbus_append(benchmark::State& state) {
    append(state, true);
}

void libbus_append_buffered(benchmark::State& state) {
    append(state, false);
}

void batches(benchmark::internal::Benchmark* benchmark) {
    benchmark->Arg(1)->Arg(16)->Arg(256)->Arg(1'024);
}

BENCHMARK(raw_fdatasync)->Apply(batches);
BENCHMARK(sqlite_bulk)->Apply(batches);
BENCHMARK(libbus_append)->Apply(batches);
BENCHMARK(libbus_append_buffered)->Apply(batches);

// The ratios are of times, so the side that should be faster is the divisor.
constexpr std::array goals{
    at_least("sqlite_bulk/1", "libbus_append/1", 0.85),
    at_least("sqlite_bulk/16", "libbus_append/16", 0.85),
    at_least("sqlite_bulk/256", "libbus_append/256", 0.85),
    at_least("sqlite_bulk/1024", "libbus_append/1024", 0.85),
    at_least("sqlite_bulk/256", "libbus_publish_committed/256", 0.6),
    at_least("sqlite_bulk/256", "libbus_step/1", 0.4),
    at_least("sqlite_bulk/256", "libbus_step/4", 0.4),
    at_least("scan", "replay", 0.5),
};

} // namespace

} // namespace bench

int main(int argc, char** argv) {
    bench::add_bus_benchmarks();
    return bench::run_and_compare(argc, argv, bench::goals);
}
