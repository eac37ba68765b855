// The cost of a mailbox per event, from the first publish until all events are handled. Names are
// WHAT/1p1c, WHAT/4p1c (four publishers) and WHAT/1p4agents (each event to four agents), of
//   libbus             events of two types, with an id and two or three numbers each; bounded
//                      boxes, whole steps with failures and retries
//   libbus_strings     the same with a std::string in each event
//   mutex_deque        one struct of 64 bytes, a mutex and a deque that is swapped whole: the
//                      least that one can do, without a bound
//   mutex_deque_event  the same with an event struct that libbus gets
//   asio_strand        a lambda with that struct of 64 bytes, posted to a strand of a thread pool
// latency/idle and latency/busy: from publish to the beginning of the step, 99th percentile.
#include "test/bench/mailbox_peers.hpp"
#include "test/bench/ratios.hpp"
#include <bus/bus.hpp>
#include <bus/runtime/system_runtime.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <latch>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace bench {

namespace {

constexpr std::int64_t events_a_round = 400'000;

struct PaidEvent : bus::Event<PaidEvent> {
    std::int64_t order = 0;
    std::int64_t cents = 0;
};
BUS_DESCRIBE_EVENT(PaidEvent, (order, cents))

struct SentEvent : bus::Event<SentEvent> {
    std::int64_t order = 0;
    std::int64_t parcels = 0;
    double kilograms = 0;
};
BUS_DESCRIBE_EVENT(SentEvent, (order, parcels, kilograms))

struct LabelledPaidEvent : bus::Event<LabelledPaidEvent> {
    std::string order_id;
    std::int64_t cents = 0;
};
BUS_DESCRIBE_EVENT(LabelledPaidEvent, (order_id, cents),
                   bus::aggregate_id<&LabelledPaidEvent::order_id>)

struct LabelledSentEvent : bus::Event<LabelledSentEvent> {
    std::string order_id;
    std::int64_t parcels = 0;
    double kilograms = 0;
};
BUS_DESCRIBE_EVENT(LabelledSentEvent, (order_id, parcels, kilograms),
                   bus::aggregate_id<&LabelledSentEvent::order_id>)

/// Runs `publish(how_many)` on the given number of threads, which start together. This thread is
/// one of them.
template <class F>
void on_threads(std::int64_t count, F publish) {
    std::vector<std::thread> threads;
    std::latch start{count};
    const auto run = [&] {
        start.arrive_and_wait();
        publish(events_a_round / count);
    };
    for (std::int64_t i = 1; i < count; ++i) {
        threads.emplace_back(run);
    }
    run();
    for (std::thread& thread : threads) {
        thread.join();
    }
}

/// Runs rounds. An iteration is an event; Google Benchmark's own rate would divide by the processor
/// time of this one thread.
template <class Round>
void measure(benchmark::State& state, Round round) {
    const auto started = std::chrono::steady_clock::now();
    while (state.KeepRunningBatch(events_a_round)) {
        round();
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
    state.counters["items_per_second"] = static_cast<double>(state.iterations()) / took.count();
}

template <class Paid, class Sent>
class Counting final : public bus::Agent {
public:
    explicit Counting(std::string name) : Agent{std::move(name)} {
        settings().mailbox_capacity = 4096;
        on<Paid>([this](const Paid& event) { sum_ += event.cents; });
        on<Sent>([this](const Sent& event) { sum_ += event.parcels; });
    }

    [[nodiscard]] std::int64_t sum() const { return sum_; }

private:
    std::int64_t sum_ = 0;
};

template <class Paid, class Sent>
void libbus(benchmark::State& state, std::int64_t publishers, std::int64_t agents,
            const Paid& first, const Sent& second) {
    bus::Bus bus;
    std::vector<Counting<Paid, Sent>*> counting;
    for (std::int64_t i = 0; i < agents; ++i) {
        counting.push_back(&bus.emplace<Counting<Paid, Sent>>("agent-" + std::to_string(i)));
    }
    measure(state, [&] {
        on_threads(publishers, [&](std::int64_t count) {
            for (std::int64_t i = 0; i < count; i += 2) {
                bus.publish(first);
                bus.publish(second);
            }
        });
        bus.wait_idle();
    });
    for (const auto* agent : counting) {
        if (agent->sum() != state.iterations()) {
            state.SkipWithError("an event was lost");
        }
    }
}

void libbus_small(benchmark::State& state, std::int64_t publishers, std::int64_t agents) {
    libbus(state, publishers, agents, PaidEvent{{}, 4711, 1}, SentEvent{{}, 4712, 1, 2.5});
}

void libbus_strings(benchmark::State& state, std::int64_t publishers, std::int64_t agents) {
    libbus(state, publishers, agents, LabelledPaidEvent{{}, "order-4711", 1},
           LabelledSentEvent{{}, "order-4712", 1, 2.5});
}

template <class Peer, class Event>
void peer(benchmark::State& state, std::int64_t publishers, std::int64_t agents,
          const Event& event) {
    Peer consumers{agents};
    std::int64_t sum = 0;
    measure(state, [&] {
        on_threads(publishers, [&](std::int64_t count) {
            for (std::int64_t i = 0; i < count; ++i) {
                for (std::size_t to = 0; to < static_cast<std::size_t>(agents); ++to) {
                    consumers.post(to, event);
                }
            }
        });
        consumers.finish(sum += events_a_round);
    });
}

void mutex_deque(benchmark::State& state, std::int64_t publishers, std::int64_t agents) {
    peer<Deques<Small>>(state, publishers, agents, Small{4711, 1});
}

void mutex_deque_event(benchmark::State& state, std::int64_t publishers, std::int64_t agents) {
    peer<Deques<PaidEvent>>(state, publishers, agents, PaidEvent{{}, 4711, 1});
}

void asio_strand(benchmark::State& state, std::int64_t publishers, std::int64_t agents) {
    peer<Strands<Small>>(state, publishers, agents, Small{4711, 1});
}

std::int64_t nanoseconds() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

class Timing final : public bus::Agent {
public:
    explicit Timing(std::size_t samples) : Agent{"timing"} {
        took.reserve(samples);
        on<PaidEvent>([this](const PaidEvent& event) {
            if (took.size() < took.capacity()) {
                took.push_back(nanoseconds() - event.cents);
            }
            handled.fetch_add(1, std::memory_order_release);
        });
    }

    std::vector<std::int64_t> took;
    std::atomic<std::int64_t> handled{0};
};

/// `burst`: with 1, the agent sleeps before each event; otherwise this many events come together.
void latency(benchmark::State& state, std::int64_t burst) {
    constexpr std::size_t samples = 20'000;
    bus::Bus bus;
    Timing& agent = bus.emplace<Timing>(samples);
    PaidEvent event;
    for (auto _ : state) {
        agent.took.clear();
        std::int64_t published = agent.handled.load();
        while (agent.took.size() < samples) {
            for (std::int64_t i = 0; i < burst; ++i) {
                event.cents = nanoseconds();
                bus.publish(event);
                ++published;
            }
            while (agent.handled.load(std::memory_order_acquire) < published) {
                std::this_thread::yield();
            }
            if (burst == 1) {
                bus.wait_idle(); // asleep again
            }
        }
    }
    std::sort(agent.took.begin(), agent.took.end());
    const auto percentile = [&](std::size_t percent) {
        return static_cast<double>(agent.took[agent.took.size() * percent / 100]) / 1000.0;
    };
    state.counters["p50_us"] = percentile(50);
    state.counters["p99_us"] = percentile(99);
}

void add(const std::string& name, void (*run)(benchmark::State&, std::int64_t, std::int64_t)) {
    benchmark::RegisterBenchmark((name + "/1p1c").c_str(), run, 1, 1);
    benchmark::RegisterBenchmark((name + "/4p1c").c_str(), run, 4, 1);
    benchmark::RegisterBenchmark((name + "/1p4agents").c_str(), run, 1, 4);
}

constexpr std::array goals{
    at_most("libbus/1p1c", "mutex_deque/1p1c", 1.25),
    at_most("libbus/4p1c", "mutex_deque/4p1c", 1.25),
    at_most("libbus/1p4agents", "mutex_deque/1p4agents", 1.25),
    at_least("asio_strand/1p1c", "libbus/1p1c", 3),
    at_least("asio_strand/4p1c", "libbus/4p1c", 3),
    at_least("asio_strand/1p4agents", "libbus/1p4agents", 3),
};

} // namespace

} // namespace bench

int main(int argc, char** argv) {
    bench::add("libbus", bench::libbus_small);
    bench::add("libbus_strings", bench::libbus_strings);
    bench::add("mutex_deque", bench::mutex_deque);
    bench::add("mutex_deque_event", bench::mutex_deque_event);
    bench::add("asio_strand", bench::asio_strand);
    // For these two, Google Benchmark shows the time of a whole run of samples.
    benchmark::RegisterBenchmark("latency/idle", bench::latency, 1)->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark("latency/busy", bench::latency, 50)->Unit(benchmark::kMillisecond);
    return bench::run_and_compare(argc, argv, bench::goals);
}
