#pragma once

#include <bus/event/codec.hpp>
#include <bus/event/domain_event.hpp>
#include <bus/event/uuid.hpp>
#include <bus/store/part.hpp>
#include <bus/store/records.hpp>

#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <chrono>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

/// The events that the benchmarks of the store write, the place, and the timing.
namespace bench {

/// A new folder, which is removed with its content. It is in TMPDIR: set this to a folder on the
/// disk to measure.
class Folder {
public:
    Folder() {
        std::string name = std::filesystem::temp_directory_path() / "libbus-bench-XXXXXX";
        if (::mkdtemp(name.data()) == nullptr) {
            throw std::runtime_error{"cannot make a temporary folder " + name};
        }
        path_ = name;
    }

    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] std::filesystem::path db() const { return path_ / "bench.db"; }

private:
    std::filesystem::path path_;
};

/// 350 bytes of JSON with 12 strings and a number.
struct OrderedEvent : bus::Event<OrderedEvent> {
    std::string order_id;
    std::string marketplace;
    std::string buyer_name;
    std::string buyer_email;
    std::string street;
    std::string postal_code;
    std::string city;
    std::string country;
    std::string sku;
    std::string title;
    std::string carrier;
    std::string note;
    std::int64_t cents = 0;
};
BUS_DESCRIBE_EVENT(OrderedEvent,
                   (order_id, marketplace, buyer_name, buyer_email, street, postal_code, city,
                    country, sku, title, carrier, note, cents),
                   bus::aggregate_id<&OrderedEvent::order_id>)

/// The event that a step emits: the same members under another name.
struct PackedEvent : bus::Event<PackedEvent> {
    std::string order_id;
    std::string marketplace;
    std::string buyer_name;
    std::string buyer_email;
    std::string street;
    std::string postal_code;
    std::string city;
    std::string country;
    std::string sku;
    std::string title;
    std::string carrier;
    std::string note;
    std::int64_t cents = 0;
};
BUS_DESCRIBE_EVENT(PackedEvent,
                   (order_id, marketplace, buyer_name, buyer_email, street, postal_code, city,
                    country, sku, title, carrier, note, cents),
                   bus::aggregate_id<&PackedEvent::order_id>)

inline std::string order_id(std::uint64_t order) {
    return "902-1845936-" + std::to_string(10'000'000 + order % 90'000'000);
}

template <class E = OrderedEvent>
E an_event(std::string order) {
    E event;
    event.order_id = std::move(order);
    event.marketplace = "amazon.de";
    event.buyer_name = "Johanna Musterfrau";
    event.buyer_email = "buyer-4711@example.org";
    event.street = "Hauptstrasse 17 b";
    event.postal_code = "10115";
    event.city = "Berlin";
    event.country = "DE";
    event.sku = "SKU-2207-BLUE-M";
    event.title = "Rain jacket, blue, size M";
    event.carrier = "parcel";
    event.note = "at the neighbour's, first floor";
    event.cents = 7'990;
    return event;
}

/// Batches of parts with one event each. The objects are reused, so that making them costs little.
/// By default the orders are like those of the pipeline: eight events each, one after another. With
/// `orders`, this many orders take turns.
class Feed {
public:
    explicit Feed(std::size_t batch, std::uint64_t orders = 0) : orders_{orders}, parts_(batch) {
        bus::EventRecord record = bus::encode(an_event(order_id(0)));
        digits_in_data_ = record.data.find(digits(order_id(0)));
        record.user_id = "pipeline";
        for (bus::Part& part : parts_) {
            part.events.emplace_back().record = record;
        }
    }

    std::span<const bus::Part> next() {
        for (bus::Part& part : parts_) {
            const std::uint64_t order = orders_ == 0 ? number_ / 8 : number_ % orders_;
            bus::EventRecord& record = part.events.front().record;
            record.event_id = bus::make_uuid_v7(1'700'000'000'000 + number_ / 64,
                                                static_cast<std::uint16_t>(number_ % 64),
                                                number_ * 0x9e3779b97f4a7c15U);
            record.aggregate_id = order_id(order);
            record.execution_id = "exec-" + digits(record.aggregate_id);
            record.data.replace(digits_in_data_, 8, digits(record.aggregate_id));
            ++number_;
        }
        return parts_;
    }

private:
    static std::string digits(const std::string& id) { return id.substr(id.size() - 8); }

    std::uint64_t orders_;
    std::vector<bus::Part> parts_;
    std::size_t digits_in_data_ = 0;
    std::uint64_t number_ = 0;
};

/// Wall time, and the processor time of all threads, which is more useful if other programs run
/// too.
class Stopwatch {
public:
    void start() {
        started_ = Clock::now();
        processor_started_ = processor();
    }

    void stop() {
        took_ += Clock::now() - started_;
        processor_ += processor() - processor_started_;
    }

    /// An iteration is an event; Google Benchmark's own rate would divide by the processor time of
    /// one thread.
    void report(benchmark::State& state) const {
        const auto events = static_cast<double>(state.iterations());
        state.counters["items_per_second"] = events / took_.count();
        state.counters["processor_ns"] = static_cast<double>(processor_) / events;
    }

private:
    using Clock = std::chrono::steady_clock;

    static std::int64_t processor() {
        std::timespec now{};
        ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
        return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
    }

    Clock::time_point started_{};
    std::int64_t processor_started_ = 0;
    std::chrono::duration<double> took_{};
    std::int64_t processor_ = 0;
};

/// Runs rounds of `events` each. Before each round, `prepare` makes a new object for it, which is
/// not timed.
template <class Prepare, class Round>
void measure(benchmark::State& state, std::int64_t events, Prepare prepare, Round round) {
    Stopwatch watch;
    while (state.KeepRunningBatch(events)) {
        state.PauseTiming();
        {
            auto prepared = prepare();
            watch.start();
            state.ResumeTiming();
            round(prepared);
            state.PauseTiming();
            watch.stop();
        }
        state.ResumeTiming();
    }
    watch.report(state);
}

/// The same without preparation.
template <class Round>
void measure(benchmark::State& state, std::int64_t events, Round round) {
    Stopwatch watch;
    watch.start();
    while (state.KeepRunningBatch(events)) {
        round();
    }
    watch.stop();
    watch.report(state);
}

/// libbus_publish_committed, libbus_step, scan and replay: store_bus.cpp, for store.cpp.
void add_bus_benchmarks();

} // namespace bench
