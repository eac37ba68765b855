// Several workers on a store: S10, and state that they share.
#include "test/libbus/bus/delivery/stored_world.hpp"
#include "test/support/troubled_store.hpp"
#include <bus/runtime/system_runtime.hpp>

#include <algorithm>
#include <atomic>
#include <latch>
#include <set>
#include <stdexcept>
#include <thread>

using namespace std::chrono_literals;
using test::ping;
using test::PingEvent;
using test::scripted;

BOOST_FIXTURE_TEST_SUITE(workers, test::StoredWorld)

BOOST_AUTO_TEST_CASE(S10_the_checkpoint_passes_only_settled_events_and_no_finished_one_runs_again) {
    // At some commit the process "dies": nothing after it is stored. Events that were settled by
    // then are not run again, and all others are.
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        bus.reset();
        runtime.reset();
        runtime = std::make_shared<bus::SimulatedRuntime>(seed);
        const auto memory = std::make_shared<bus::MemoryStore>();
        const auto troubled = std::make_shared<test::TroubledStore>(memory);
        store = troubled;
        int commits_left = static_cast<int>(10 + seed % 30);
        troubled->fails_next = [&] { return commits_left-- <= 0; };
        std::set<bus::Position> finished;
        std::map<bus::Position, int> runs;
        const auto add = [&] {
            auto agent = scripted("worker");
            agent->settings().workers = 3;
            agent->settings().sequence = bus::Sequence::none();
            agent->handles<PingEvent>([&](const PingEvent&, bus::Context& context) {
                ++runs[context.position()];
                BOOST_TEST(!finished.contains(context.position()));
                context.set_state("done/" + std::to_string(context.position()), true);
            });
            bus->add(std::move(agent));
        };
        start();
        add();
        try {
            for (std::int64_t i = 1; i <= 60; ++i) {
                bus->publish(ping("x", i));
            }
            runtime->run_ready();
        } catch (const bus::StoreError&) {
        }
        bus.reset();
        for (bus::Position p = 1; p <= memory->last_position(); ++p) {
            if (memory->state("worker", "done/" + std::to_string(p))) {
                finished.insert(p);
            }
        }
        const bus::AgentRecord record = memory->agent("worker").value();
        for (bus::Position p = 1; p <= record.checkpoint; ++p) {
            BOOST_TEST(finished.contains(p));
        }
        for (const bus::PositionRange& range : record.ahead) {
            BOOST_TEST(range.first > record.checkpoint + 1);
            for (bus::Position p = range.first; p <= range.last; ++p) {
                BOOST_TEST(finished.contains(p));
            }
        }
        BOOST_TEST(record.finished == finished.size());
        troubled->fails_next = nullptr;
        start();
        add();
        bus->wait_idle();
        BOOST_TEST(memory->agent("worker")->finished == memory->last_position());
        BOOST_TEST(memory->agent("worker")->checkpoint == memory->last_position());
        bus.reset();
    }
}

BOOST_AUTO_TEST_CASE(steps_of_several_workers_that_count_in_one_state_lose_no_count) {
    const auto system = std::make_shared<bus::SystemRuntime>();
    const auto memory = std::make_shared<bus::MemoryStore>();
    bus::Bus threads{{system, memory}};
    auto agent = scripted("counter");
    agent->settings().workers = 4;
    agent->settings().sequence = bus::Sequence::none();
    agent->handles<PingEvent>([](const PingEvent&, bus::Context& context) {
        const auto count = context.state<std::int64_t>("count").value_or(0);
        std::this_thread::yield();
        context.set_state("count", count + 1);
    });
    threads.add(std::move(agent));
    for (std::int64_t i = 0; i < 2000; ++i) {
        threads.post(ping("x", i));
    }
    BOOST_TEST_REQUIRE(threads.wait_idle(60s));
    BOOST_TEST(memory->state("counter", "count").value().json == "2000");
    threads.stop(bus::Stop::drain);
}

BOOST_AUTO_TEST_CASE(S10_a_slow_sequence_holds_up_no_other_worker) {
    const auto system = std::make_shared<bus::SystemRuntime>();
    const auto memory = std::make_shared<bus::MemoryStore>();
    std::atomic<int> done{0};
    std::atomic<bool> go_on{false};
    bus::Bus threads{{system, memory}};
    auto agent = scripted("worker");
    agent->settings().workers = 2;
    agent->settings().sequence = bus::Sequence::by(
        [](const bus::DomainEvent& event) { return std::string{event.aggregate_id()}; });
    agent->handles<PingEvent>([&](const PingEvent& event, bus::Context&) {
        if (event.name == "slow") {
            go_on.wait(false);
        }
        ++done;
    });
    threads.add(std::move(agent));
    threads.publish(ping("slow"));
    int others = 0;
    for (int i = 0; i < 40; ++i) {
        threads.publish(ping("quick" + std::to_string(i)));
    }
    // About half of them are on the other worker.
    while (others < 5) {
        std::this_thread::yield();
        others = done;
    }
    BOOST_TEST(memory->agent("worker")->checkpoint == 0U); // the slow one is not settled
    go_on = true;
    go_on.notify_all();
    BOOST_TEST_REQUIRE(threads.wait_idle(60s));
    BOOST_TEST(done == 41);
    BOOST_TEST(memory->agent("worker")->checkpoint == 41U);
    threads.stop(bus::Stop::drain);
}

BOOST_AUTO_TEST_CASE(
    S12_a_fresh_agent_that_replays_the_log_has_the_state_of_the_one_that_ran_live) {
    const auto summing = [](std::string name) {
        auto agent = scripted(std::move(name));
        agent->handles<PingEvent>([](const PingEvent& event, bus::Context& context) {
            const auto sum = context.state<std::int64_t>(event.name).value_or(0);
            context.set_state(event.name, (sum * 31 + event.number) % 1'000'003);
        });
        return agent;
    };
    bus->add(summing("live"));
    for (std::int64_t i = 0; i < 500; ++i) {
        bus->publish(ping("s" + std::to_string(i % 7), i));
    }
    bus->wait_idle();
    bus->add(summing("replayed"));
    bus->wait_idle();
    BOOST_TEST(store->states("live", "").size() == 7U);
    BOOST_TEST((store->states("live", "") == store->states("replayed", "")));
}

BOOST_AUTO_TEST_CASE(
    an_agent_that_is_to_begin_again_waits_for_a_long_step_without_spinning_timers) {
    bus.reset();
    const auto troubled = std::make_shared<test::TroubledStore>(store);
    store = troubled;
    start();
    bool broken = false;
    troubled->fails_next = [&] { return broken; };
    std::optional<std::size_t> ran;
    auto agent = scripted("worker");
    agent->settings().workers = 2;
    agent->settings().sequence = bus::Sequence::by([](const bus::DomainEvent& event) {
        return std::to_string(static_cast<const PingEvent&>(event).number);
    });
    agent->handles<PingEvent>([&](const PingEvent&, bus::Context&) {
        if (!ran) {
            ran = 0;
            broken = true;
            runtime->poll(1'000); // the other worker's step cannot be committed
            broken = false;
            runtime->pass(1s); // long enough for another try of the store
            ran = runtime->poll(1'000);
        }
    });
    bus->add(std::move(agent));
    for (std::int64_t number = 0; number < 8; ++number) {
        bus->post(ping("a", number));
    }
    runtime->run_for(1min);
    BOOST_TEST(troubled->failed > 0);
    BOOST_TEST_REQUIRE(ran.has_value());
    BOOST_TEST(*ran < 20U);
    BOOST_TEST(store->agent("worker")->finished == 8U);
}

BOOST_AUTO_TEST_CASE(A4_an_agent_with_slow_steps_lets_the_others_have_their_turn) {
    constexpr int backlog = 120;
    bus.reset();
    const auto real = std::make_shared<bus::SystemRuntime>(1U);
    bus.emplace(bus::BusOptions{real, store});
    std::atomic<int> slow_steps{0};
    std::atomic<int> slow_steps_before_other{-1};
    std::latch all_is_there{1};
    auto slow = scripted("slow");
    slow->handles<PingEvent>([&](const PingEvent&) {
        all_is_there.wait();
        // A computation of two milliseconds.
        const bus::Timestamp begin = real->now();
        while (real->now() - begin < 2ms) {
        }
        ++slow_steps;
    });
    auto other = scripted("other");
    other->handles<test::PongEvent>(
        [&](const test::PongEvent&) { slow_steps_before_other = slow_steps.load(); });
    bus->add(std::move(slow));
    bus->add(std::move(other));
    for (int i = 0; i < backlog; ++i) {
        bus->post(ping("x", i));
    }
    bus->publish(test::pong("y", 1));
    const auto waits = [&] { // on a loaded machine its event may take a while to reach it
        const auto agents = bus->status();
        return std::any_of(agents.begin(), agents.end(), [](const bus::AgentStatus& agent) {
            return agent.name == "other" && agent.queued > 0;
        });
    };
    while (slow_steps_before_other < 0 && !waits()) {
        std::this_thread::yield();
    }
    all_is_there.count_down();
    bus->wait_idle();
    BOOST_TEST(slow_steps == backlog);
    BOOST_TEST(slow_steps_before_other >= 0);
    BOOST_TEST(slow_steps_before_other < backlog);
}

BOOST_AUTO_TEST_SUITE_END()
