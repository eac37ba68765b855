#include "test/libbus/bus/store/verify_sample.hpp"

#include "test/support/bus_events.hpp"
#include "test/support/scripted_agent.hpp"
#include <bus/bus.hpp>
#include <bus/event/codec.hpp>
#include <bus/runtime/simulated_runtime.hpp>
#include <bus/store/sqlite_store.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>

namespace test {

namespace {

using namespace std::chrono_literals;

/// Gives up on the first event of `dead`, defers the first one of `late`, and counts the others.
std::unique_ptr<ScriptedAgent> worker() {
    auto agent = scripted("worker");
    agent->settings().retry = every(1h, 5);
    agent->handles<PingEvent, PongEvent>([](const PingEvent& event, bus::Context& context) {
        if (event.number == 1 && event.name.starts_with("dead")) {
            throw bus::Failure::rejected("nobody wants it");
        }
        if (event.number == 1 && event.name == "late") {
            throw bus::Failure::transient("not now");
        }
        context.set_state("count/" + event.name, event.number);
        context.publish(pong(event.name, event.number));
    });
    return agent;
}

/// Answers each pong an hour later.
std::unique_ptr<ScriptedAgent> sleeper() {
    auto agent = scripted("sleeper");
    agent->handles<PongEvent, GivenUpEvent>([](const PongEvent& event, bus::Context& context) {
        context.schedule(1h, given_up(event.name, "time is up"));
    });
    return agent;
}

void run(const std::filesystem::path& db) {
    const auto runtime = std::make_shared<bus::SimulatedRuntime>();
    const std::shared_ptr<bus::SqliteStore> store = bus::SqliteStore::open({.path = db});
    bus::Bus bus{{runtime, store}};
    bus.add(worker());
    bus.add(sleeper());
    for (std::int64_t number = 1; number <= 3; ++number) {
        for (const char* name : {"dead", "late", "good", "dead-too"}) {
            bus.publish(ping(name, number));
        }
    }
    runtime->run_ready();
    // It stays dead for ever, and the deliveries behind it continue.
    const auto dead = store->deliveries("worker", bus::DeliveryState::dead);
    BOOST_REQUIRE(dead.size() == 2U);
    bus.request({.who = "ann",
                 .why = "nobody wants it",
                 .action = bus::DeliveryAction::discard,
                 .agent = "worker",
                 .position = dead.back().position});
    runtime->run_ready();
    bus.stop(bus::Stop::now);
}

/// The state after two workers were stopped in the middle: settled ranges with gaps between them.
void leave_ranges(const std::filesystem::path& db) {
    const auto store = bus::SqliteStore::open({.path = db});
    const bus::Position last = store->last_position();
    bus::Part news;
    for (std::int64_t number = 4; number <= 12; ++number) {
        news.events.emplace_back().record = bus::encode(ping("good", number));
    }
    bus::Part settles;
    settles.agent = "worker";
    settles.settled = {{last + 2, last + 3}, {last + 5, last + 5}, {last + 7, last + 8}};
    settles.delivered = 5;
    settles.finished = 5;
    const bus::Part parts[] = {news, settles};
    for (const bus::PartResult& result : store->commit(parts, true)) {
        BOOST_REQUIRE(!result.error);
    }
}

} // namespace

void make_sample(const std::filesystem::path& db, const std::filesystem::path& earlier) {
    run(db);
    if (!earlier.empty()) {
        std::filesystem::copy_file(db, earlier);
    }
    leave_ranges(db);
}

} // namespace test
