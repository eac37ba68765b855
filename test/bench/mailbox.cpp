// What a mailbox costs: from the first publish until all is handled, an event. Names are
// WHAT/1p1c, WHAT/4p1c (four publishers) and WHAT/1p4agents (each event to four agents), of
//   libbus             mixed types, bounded boxes, whole steps with failures and retries
//   mutex_deque        one struct of 64 bytes, a mutex and a deque that is swapped whole: the
//                      least that one can do, without a bound
//   mutex_deque_event  the same with the event struct that libbus gets
//   asio_strand        a lambda with the event by value, posted to a strand of a thread pool
// latency/idle and latency/busy: from publish to the beginning of the step, 99th percentile.
#include <bus/bus.hpp>
#include <bus/runtime/system_runtime.hpp>

#include <benchmark/benchmark.h>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <latch>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

constexpr std::int64_t events_a_round = 400'000;

struct PaidEvent : bus::Event<PaidEvent> {
    std::string order_id;
    std::int64_t cents = 0;
};
BUS_DESCRIBE_EVENT(PaidEvent, (order_id, cents), bus::aggregate_id<&PaidEvent::order_id>)

struct SentEvent : bus::Event<SentEvent> {
    std::string order_id;
    std::int64_t parcels = 0;
    double kilograms = 0;
};
BUS_DESCRIBE_EVENT(SentEvent, (order_id, parcels, kilograms),
                   bus::aggregate_id<&SentEvent::order_id>)

/// What a program without a bus would send.
struct Small {
    std::int64_t numbers[8];
};

static_assert(sizeof(Small) == 64);

PaidEvent paid() {
    PaidEvent event;
    event.order_id = "order-4711";
    event.cents = 1;
    return event;
}

SentEvent sent() {
    SentEvent event;
    event.order_id = "order-4712";
    event.parcels = 1;
    return event;
}

Small small() {
    return {{1, 2, 3, 4, 5, 6, 7, 8}};
}

std::int64_t value_of(const PaidEvent& event) {
    return event.cents;
}

std::int64_t value_of(const Small& event) {
    return event.numbers[0];
}

/// Runs `publish(how_many)` on so many threads, which begin together.
template <class F>
void on_threads(std::int64_t count, F publish) {
    if (count == 1) {
        publish(events_a_round);
        return;
    }
    std::vector<std::thread> threads;
    std::latch start{count};
    for (std::int64_t i = 0; i < count; ++i) {
        threads.emplace_back([&] {
            start.arrive_and_wait();
            publish(events_a_round / count);
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
}

class Counting final : public bus::Agent {
public:
    explicit Counting(std::string name) : Agent{std::move(name)} {
        settings().mailbox_capacity = 4096;
        on<PaidEvent>([this](const PaidEvent& event) { sum_ += event.cents; });
        on<SentEvent>([this](const SentEvent& event) { sum_ += event.parcels; });
    }

    [[nodiscard]] std::int64_t sum() const { return sum_; }

private:
    std::int64_t sum_ = 0;
};

void libbus(benchmark::State& state, std::int64_t publishers, std::int64_t agents) {
    bus::Bus bus;
    std::vector<Counting*> counting;
    for (std::int64_t i = 0; i < agents; ++i) {
        counting.push_back(&bus.emplace<Counting>("agent-" + std::to_string(i)));
    }
    const PaidEvent first = paid();
    const SentEvent second = sent();
    for (auto _ : state) {
        on_threads(publishers, [&](std::int64_t count) {
            for (std::int64_t i = 0; i < count; i += 2) {
                bus.publish(first);
                bus.publish(second);
            }
        });
        bus.wait_idle();
    }
    for (const Counting* agent : counting) {
        if (agent->sum() != state.iterations() * events_a_round) {
            state.SkipWithError("an event was lost");
        }
    }
    state.SetItemsProcessed(state.iterations() * events_a_round);
}

/// A thread and its queue.
template <class T>
class DequeConsumer {
public:
    DequeConsumer() : thread_{[this] { run(); }} {}

    ~DequeConsumer() {
        {
            const std::lock_guard lock{mutex_};
            stopping_ = true;
        }
        changed_.notify_one();
        thread_.join();
    }

    void post(const T& event) {
        bool wake = false;
        {
            const std::lock_guard lock{mutex_};
            queue_.push_back(event);
            wake = std::exchange(waiting_, false);
        }
        if (wake) {
            changed_.notify_one();
        }
    }

    void wait_for(std::int64_t sum) {
        std::unique_lock lock{mutex_};
        done_.wait(lock, [&] { return sum_ == sum; });
    }

private:
    void run() {
        std::deque<T> mine;
        std::unique_lock lock{mutex_};
        for (;;) {
            while (queue_.empty() && !stopping_) {
                done_.notify_all();
                waiting_ = true;
                changed_.wait(lock);
            }
            if (queue_.empty()) {
                return;
            }
            mine.swap(queue_);
            lock.unlock();
            std::int64_t more = 0;
            for (const T& event : mine) {
                more += value_of(event);
                benchmark::DoNotOptimize(more);
            }
            mine.clear();
            lock.lock();
            sum_ += more;
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::condition_variable done_;
    std::deque<T> queue_;
    std::int64_t sum_ = 0;
    bool waiting_ = false;
    bool stopping_ = false;
    std::thread thread_;
};

template <class T>
void deque_round(benchmark::State& state, std::int64_t publishers, std::int64_t agents,
                 const T& event) {
    std::vector<std::unique_ptr<DequeConsumer<T>>> consumers;
    for (std::int64_t i = 0; i < agents; ++i) {
        consumers.push_back(std::make_unique<DequeConsumer<T>>());
    }
    std::int64_t sum = 0;
    for (auto _ : state) {
        on_threads(publishers, [&](std::int64_t count) {
            for (std::int64_t i = 0; i < count; ++i) {
                for (auto& consumer : consumers) {
                    consumer->post(event);
                }
            }
        });
        sum += events_a_round;
        for (auto& consumer : consumers) {
            consumer->wait_for(sum);
        }
    }
    state.SetItemsProcessed(state.iterations() * events_a_round);
}

void mutex_deque(benchmark::State& state, std::int64_t publishers, std::int64_t agents) {
    deque_round(state, publishers, agents, small());
}

void mutex_deque_event(benchmark::State& state, std::int64_t publishers, std::int64_t agents) {
    deque_round(state, publishers, agents, paid());
}

void asio_strand(benchmark::State& state, std::int64_t publishers, std::int64_t agents) {
    using Strand = boost::asio::strand<boost::asio::thread_pool::executor_type>;
    boost::asio::thread_pool pool{std::max(2U, std::thread::hardware_concurrency())};
    std::vector<Strand> strands;
    for (std::int64_t i = 0; i < agents; ++i) {
        strands.push_back(boost::asio::make_strand(pool));
    }
    std::vector<std::int64_t> sums(strands.size());
    const PaidEvent event = paid();
    for (auto _ : state) {
        on_threads(publishers, [&](std::int64_t count) {
            for (std::int64_t i = 0; i < count; ++i) {
                for (std::size_t s = 0; s < strands.size(); ++s) {
                    boost::asio::post(strands[s], [event, &sum = sums[s]] { sum += event.cents; });
                }
            }
        });
        std::latch done{static_cast<std::ptrdiff_t>(strands.size())};
        for (Strand& strand : strands) {
            boost::asio::post(strand, [&] { done.count_down(); });
        }
        done.wait();
    }
    pool.join();
    state.SetItemsProcessed(state.iterations() * events_a_round);
}

std::int64_t nanoseconds() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

/// `burst`: 1, each event finds the agent asleep; else so many come together.
void latency(benchmark::State& state, std::int64_t burst) {
    constexpr std::size_t samples = 20'000;
    bus::Bus bus;
    std::vector<std::int64_t> took;
    took.reserve(samples);
    std::atomic<std::int64_t> handled{0};

    class Timing final : public bus::Agent {
    public:
        Timing(std::vector<std::int64_t>& took, std::atomic<std::int64_t>& handled)
            : Agent{"timing"} {
            on<PaidEvent>([&](const PaidEvent& event) {
                if (took.size() < took.capacity()) {
                    took.push_back(nanoseconds() - event.cents);
                }
                handled.fetch_add(1, std::memory_order_release);
            });
        }
    };

    bus.emplace<Timing>(took, handled);
    PaidEvent event = paid();
    for (auto _ : state) {
        took.clear();
        std::int64_t published = handled.load();
        while (took.size() < samples) {
            for (std::int64_t i = 0; i < burst; ++i) {
                event.cents = nanoseconds();
                bus.publish(event);
                ++published;
            }
            while (handled.load(std::memory_order_acquire) < published) {
                std::this_thread::yield();
            }
            if (burst == 1) {
                bus.wait_idle(); // asleep again
            }
        }
    }
    std::sort(took.begin(), took.end());
    const auto percentile = [&](std::size_t percent) {
        return static_cast<double>(took[took.size() * percent / 100]) / 1000.0;
    };
    state.counters["p50_us"] = percentile(50);
    state.counters["p99_us"] = percentile(99);
}

void add(const std::string& name, void (*run)(benchmark::State&, std::int64_t, std::int64_t)) {
    const auto flow = [&](const char* which, std::int64_t publishers, std::int64_t agents) {
        benchmark::RegisterBenchmark((name + which).c_str(), run, publishers, agents)
            ->UseRealTime()
            ->Unit(benchmark::kMillisecond);
    };
    flow("/1p1c", 1, 1);
    flow("/4p1c", 4, 1);
    flow("/1p4agents", 1, 4);
}

} // namespace

int main(int argc, char** argv) {
    add("libbus", libbus);
    add("mutex_deque", mutex_deque);
    add("mutex_deque_event", mutex_deque_event);
    add("asio_strand", asio_strand);
    benchmark::RegisterBenchmark("latency/idle", latency, 1)->UseRealTime()->Iterations(1);
    benchmark::RegisterBenchmark("latency/busy", latency, 50)->UseRealTime()->Iterations(1);
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}
