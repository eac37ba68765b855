// The benchmarks of test/bench/store.cpp that run a whole bus on the store.
#include "test/bench/store_feed.hpp"
#include <bus/bus.hpp>
#include <bus/store/sqlite_store.hpp>

#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdint>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace bench {

namespace {

constexpr std::uint64_t sequences = 256;
constexpr std::size_t steps_a_round = 20'000;
constexpr std::size_t events_in_log = 200'000; // more than the store's cache holds

void fill(bus::EventStore& store, std::size_t events, std::uint64_t orders) {
    Feed feed{1'000, orders};
    for (std::size_t i = 0; i < events; i += 1'000) {
        for (const bus::PartResult& result : store.commit(feed.next(), false)) {
            if (result.error) {
                std::rethrow_exception(result.error);
            }
        }
    }
}

/// Threads that publish a given number of events together. Each thread waits for each of its
/// events. The events are those of Feed: orders of eight events, one after another.
class Producers {
public:
    Producers(bus::Bus& bus, std::int64_t count, std::int64_t events)
        : number_{bus.store()->last_position()},
          end_{number_ + static_cast<std::uint64_t>(events)},
          start_{count + 1},
          done_{count + 1} {
        for (std::int64_t i = 0; i < count; ++i) {
            threads_.emplace_back([this, &bus] {
                start_.arrive_and_wait();
                for (std::uint64_t number = number_++; number < end_; number = number_++) {
                    OrderedEvent event = an_event(order_id(number / 8));
                    event.execution_id = "exec-" + event.order_id.substr(12);
                    event.user_id = "pipeline";
                    bus.publish(event);
                }
                done_.arrive_and_wait();
            });
        }
    }

    void run() {
        start_.arrive_and_wait();
        done_.arrive_and_wait();
    }

    ~Producers() {
        for (std::thread& thread : threads_) {
            thread.join();
        }
    }

    Producers(const Producers&) = delete;
    Producers& operator=(const Producers&) = delete;

private:
    std::atomic<std::uint64_t> number_;
    const std::uint64_t end_;
    std::latch start_;
    std::latch done_;
    std::vector<std::thread> threads_;
};

void publish_committed(benchmark::State& state) {
    constexpr std::int64_t events_of_each = 256;
    const Folder folder;
    const std::shared_ptr<bus::EventStore> store = bus::SqliteStore::open({.path = folder.db()});
    bus::Bus bus{{.store = store}};
    const std::int64_t count = state.range(0);
    measure(
        state, count * events_of_each,
        [&] { return std::make_unique<Producers>(bus, count, count * events_of_each); },
        [](const auto& producers) { producers->run(); });
    if (static_cast<std::int64_t>(store->last_position()) != state.iterations()) {
        state.SkipWithError("an event was lost");
    }
}

struct Seen {
    std::string order_id;
    std::int64_t cents = 0;
};
BOOST_DESCRIBE_STRUCT(Seen, (), (order_id, cents))

class Stepper final : public bus::Agent {
public:
    Stepper(std::string name, std::uint32_t workers) : Agent{std::move(name)} {
        settings().workers = workers;
        on<OrderedEvent>([](const OrderedEvent& event, bus::Context& context) {
            context.set_state(event.order_id, Seen{event.order_id, event.cents});
            context.publish(an_event<PackedEvent>(event.order_id));
        }).emits<PackedEvent>();
    }
};

/// A log, and a bus on it whose agents begin when they are added.
struct Stage {
    Stage(std::size_t events, std::uint64_t orders)
        : store{bus::SqliteStore::open({.path = folder.db()})} {
        fill(*store, events, orders);
    }

    Folder folder;
    std::shared_ptr<bus::EventStore> store;
    std::unique_ptr<bus::Bus> bus;
};

void step(benchmark::State& state) {
    const auto agents = static_cast<std::size_t>(state.range(0));
    const std::uint32_t workers = agents == 1 ? 1 : 2;
    measure(
        state, steps_a_round,
        [&] {
            auto stage = std::make_unique<Stage>(steps_a_round / agents, sequences);
            stage->bus = std::make_unique<bus::Bus>(bus::BusOptions{.store = stage->store});
            return stage;
        },
        [&](const auto& stage) {
            for (std::size_t i = 0; i < agents; ++i) {
                stage->bus->template emplace<Stepper>("stepper-" + std::to_string(i), workers);
            }
            stage->bus->wait_idle();
            if (stage->store->last_position() != steps_a_round / agents + steps_a_round) {
                state.SkipWithError("a step is missing");
            }
        });
}

/// The log of scan and replay, made once.
Stage& log() {
    static Stage stage{events_in_log, 0};
    return stage;
}

void scan(benchmark::State& state) {
    bus::EventStore& store = *log().store;
    measure(state, events_in_log, [&] {
        bus::Position after = 0;
        while (after < events_in_log) {
            const auto page = store.read(after, 1'000);
            after = page.at(page.size() - 1).position;
        }
    });
}

class Reader final : public bus::Agent {
public:
    explicit Reader(std::string name) : Agent{std::move(name)} {
        on<bus::DomainEvent>([this](const bus::DomainEvent& /*event*/) { ++count; });
    }

    std::size_t count = 0;
};

void replay(benchmark::State& state) {
    static std::atomic<int> readers{0};
    measure(
        state, events_in_log,
        [] { return std::make_unique<bus::Bus>(bus::BusOptions{.store = log().store}); },
        [&](const auto& bus) {
            const Reader& reader =
                bus->template emplace<Reader>("reader-" + std::to_string(++readers));
            bus->wait_idle();
            if (reader.count != events_in_log) {
                state.SkipWithError("an event is missing");
            }
        });
}

} // namespace

void add_bus_benchmarks() {
    benchmark::RegisterBenchmark("libbus_publish_committed", publish_committed)
        ->Arg(1)
        ->Arg(16)
        ->Arg(256);
    benchmark::RegisterBenchmark("libbus_step", step)->Arg(1)->Arg(4);
    benchmark::RegisterBenchmark("scan", scan);
    benchmark::RegisterBenchmark("replay", replay);
}

} // namespace bench
