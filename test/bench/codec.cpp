// The cost of writing and reading an event, compared with the same through a tree of boost::json
// values.
#include "test/support/allocations.hpp"
#include <bus/event/codec.hpp>

#include <benchmark/benchmark.h>
#include <boost/describe/class.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>

#include <string>

namespace bench {

struct OrderCreatedEvent : bus::Event<OrderCreatedEvent> {
    std::string order_id;
    std::string marketplace;
    std::string buyer_email;
    bus::Timestamp purchase_date;
};
BUS_DESCRIBE_EVENT(OrderCreatedEvent, (order_id, marketplace, buyer_email, purchase_date),
                   bus::aggregate_id<&OrderCreatedEvent::order_id>)

// The same event as plain structs, the way boost::json converts them: ids and times as strings.
struct PlainData {
    std::string order_id;
    std::string marketplace;
    std::string buyer_email;
    std::string purchase_date;
};
BOOST_DESCRIBE_STRUCT(PlainData, (), (order_id, marketplace, buyer_email, purchase_date))

struct PlainEvent {
    std::string event_id;
    std::string event_type;
    int event_version;
    std::string aggregate_id;
    std::string aggregate_type;
    std::string execution_id;
    std::string user_id;
    std::string occurred_at;
    PlainData data;
};
BOOST_DESCRIBE_STRUCT(PlainEvent, (),
                      (event_id, event_type, event_version, aggregate_id, aggregate_type,
                       execution_id, user_id, occurred_at, data))

} // namespace bench

namespace {

bench::OrderCreatedEvent sample() {
    bench::OrderCreatedEvent event;
    event.execution_id = "0190c2f4-6a54-7b1e-9b4f-3f1d2c5e7a90";
    event.user_id = "user-42";
    event.order_id = "205-1234567-7654321";
    event.marketplace = "amazon";
    event.buyer_email = "x1y2z3@marketplace.amazon.co.uk";
    event.purchase_date = bus::parse_timestamp("2011-12-09T12:50:00Z");
    return event;
}

bench::PlainEvent plain_sample() {
    return boost::json::value_to<bench::PlainEvent>(boost::json::parse(bus::to_json(sample())));
}

/// Counts the allocations of a loop of `state`, for each round.
class AllocationCounter {
public:
    explicit AllocationCounter(benchmark::State& state) : state_{state} {}

    AllocationCounter(const AllocationCounter&) = delete;
    AllocationCounter& operator=(const AllocationCounter&) = delete;

    ~AllocationCounter() {
        const auto count = test::allocations() - before_;
        state_.counters["allocations"] =
            static_cast<double>(count) / static_cast<double>(state_.iterations());
    }

private:
    benchmark::State& state_;
    std::size_t before_ = test::allocations();
};

void write_libbus(benchmark::State& state) {
    const auto event = sample();
    std::string out = bus::to_json(event);
    const AllocationCounter counter{state};
    for (auto _ : state) {
        out.clear();
        bus::write_json(event, out);
        benchmark::DoNotOptimize(out.data());
    }
}

void write_boost_json(benchmark::State& state) {
    const auto event = plain_sample();
    const AllocationCounter counter{state};
    for (auto _ : state) {
        std::string out = boost::json::serialize(boost::json::value_from(event));
        benchmark::DoNotOptimize(out.data());
    }
}

void read_libbus(benchmark::State& state) {
    const std::string json = bus::to_json(sample());
    const AllocationCounter counter{state};
    for (auto _ : state) {
        auto event = bus::from_json<bench::OrderCreatedEvent>(json);
        benchmark::DoNotOptimize(event);
    }
}

void read_libbus_by_name(benchmark::State& state) {
    const std::string json = bus::to_json(sample());
    const AllocationCounter counter{state};
    for (auto _ : state) {
        auto event = bus::read_event(json);
        benchmark::DoNotOptimize(event);
    }
}

void read_boost_json(benchmark::State& state) {
    const std::string json = bus::to_json(sample());
    const AllocationCounter counter{state};
    for (auto _ : state) {
        auto event = boost::json::value_to<bench::PlainEvent>(boost::json::parse(json));
        benchmark::DoNotOptimize(event);
    }
}

void decode_record(benchmark::State& state) {
    const bus::EventRecord record = bus::encode(sample());
    const AllocationCounter counter{state};
    for (auto _ : state) {
        auto event = bus::decode(record);
        benchmark::DoNotOptimize(event);
    }
}

void make_event(benchmark::State& state) {
    for (auto _ : state) {
        bench::OrderCreatedEvent event;
        benchmark::DoNotOptimize(event);
    }
}

} // namespace

BENCHMARK(write_libbus)->Name("write/libbus");
BENCHMARK(write_boost_json)->Name("write/boost_json");
BENCHMARK(read_libbus)->Name("read/libbus");
BENCHMARK(read_libbus_by_name)->Name("read/libbus_by_name");
BENCHMARK(read_boost_json)->Name("read/boost_json");
BENCHMARK(decode_record)->Name("decode/libbus");
BENCHMARK(make_event)->Name("make/libbus");
