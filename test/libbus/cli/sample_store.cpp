#include "sample_store.hpp"

#include "test/support/bus_events.hpp"
#include "test/support/scripted_agent.hpp"

#include <chrono>
#include <utility>

namespace test {

using namespace std::chrono_literals;

namespace {

std::unique_ptr<bus::Agent> greeter(std::function<void(std::int64_t)> before_greeting = {}) {
    auto agent = scripted("greeter");
    agent->handles<PingEvent, PongEvent>([before_greeting = std::move(before_greeting)](
                                             const PingEvent& event, bus::Context& context) {
        if (before_greeting) {
            before_greeting(event.number);
        }
        context.publish(pong(event.name, event.number));
    });
    return agent;
}

/// The bank always defers 5; the other faults are removed before the host starts again.
void bill(std::int64_t number, bool mended) {
    if (number == 5) {
        throw bus::Failure::throttled("the bank asks for patience", 1h);
    }
    if (number == 3 && !mended) {
        throw bus::Failure::rejected("no account for name-0");
    }
    if (number == 10 && !mended) {
        throw bus::Failure::poison("amount is no number");
    }
}

std::unique_ptr<bus::Agent> biller(bool mended) {
    auto agent = scripted("biller");
    agent->settings().retry = every(1s, 3);
    agent->handles<PongEvent>(
        [mended](const PongEvent& event, bus::Context&) { bill(event.number, mended); });
    return agent;
}

} // namespace

SampleStore::SampleStore() {
    const auto runtime = std::make_shared<bus::SimulatedRuntime>(7, bus::Timestamp{1'700'000'000s});
    const std::shared_ptr<bus::SqliteStore> store = bus::SqliteStore::open({.path = path()});
    bus::Bus bus{{runtime, store}};
    bus.add(greeter());
    bus.add(biller(false));
    for (std::int64_t number = 1; number <= 12; ++number) {
        PingEvent event = ping("name-" + std::to_string(number % 3), number);
        event.execution_id = "run-" + std::to_string(number);
        event.user_id = "ann";
        bus.publish(event);
        runtime->run_for(250ms);
    }
    for (std::uint64_t number = 1; number <= 2; ++number) {
        bus.publish(parcel(number));
    }
    runtime->run_for(5s);
    bus.stop(bus::Stop::now);
}

std::unique_ptr<bus::SqliteStore> SampleStore::open() const {
    return bus::SqliteStore::open({.path = path(), .read_only = true});
}

void SampleStore::run_host(std::function<void(std::int64_t)> before_greeting) {
    host_.emplace(
        bus::BusOptions{.store = bus::SqliteStore::open({.path = path(), .program = "test_host"}),
                        .requests_every = 1ms,
                        .forget_after = 0ms});
    host_->add(greeter(std::move(before_greeting)));
    host_->add(biller(true));
}

void SampleStore::end_host() {
    if (host_) {
        host_->stop(bus::Stop::now);
        host_.reset();
    }
}

void make_empty_store(const std::string& path) {
    static_cast<void>(bus::SqliteStore::open({.path = path}));
}

bus::EventRecord parcel(std::uint64_t number) {
    bus::EventRecord record;
    record.event_id = bus::make_uuid_v7(1'700'000'100'000 + number, 1, number);
    record.event_type = "ParcelWeighedEvent";
    record.event_version = 3;
    record.aggregate_type = "Parcel";
    record.aggregate_id = "p-1";
    record.execution_id = "parcels";
    record.user_id = "bob";
    record.occurred_at = bus::Timestamp{1'700'000'100s + std::chrono::seconds{number}};
    record.data = R"({"grams":1)" + std::to_string(number) + R"(.50,"note":"caf\u00e9"})";
    return record;
}

} // namespace test
