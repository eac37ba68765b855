// Bounded mailboxes: A6, A8; wake-ups: A4; and stopping: A11.
#include "test/support/bus_events.hpp"
#include "test/support/scripted_agent.hpp"
#include <bus/bus.hpp>
#include <bus/runtime/simulated_runtime.hpp>
#include <bus/runtime/system_runtime.hpp>
#include <bus/store/memory_store.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <latch>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using test::ping;
using test::PingEvent;
using test::scripted;

namespace {

/// A bus in virtual time with an agent whose mailbox holds three events.
struct Small {
    explicit Small(bus::Overflow overflow) {
        auto agent = scripted("small");
        agent->settings().mailbox_capacity = 3;
        agent->settings().overflow = overflow;
        agent->handles<PingEvent>(
            [this](const PingEvent& event, bus::Context&) { seen.push_back(event.number); });
        bus.add(std::move(agent));
    }

    std::vector<std::int64_t> seen;
    std::shared_ptr<bus::SimulatedRuntime> runtime = std::make_shared<bus::SimulatedRuntime>();
    bus::Bus bus{{runtime, nullptr}};
};

/// An executor of the host that counts the posted tasks. They wait until it runs them.
class CountingHost final : public bus::Executor {
public:
    void post(bus::Task task) override {
        const std::lock_guard lock{mutex_};
        ++posts_;
        tasks_.push_back(std::move(task));
    }

    void run_all() {
        for (;;) {
            std::vector<bus::Task> ready;
            {
                const std::lock_guard lock{mutex_};
                ready.swap(tasks_);
            }
            if (ready.empty()) {
                return;
            }
            for (const bus::Task& task : ready) {
                task();
            }
        }
    }

    /// How many tasks were posted since the last call.
    int posts() {
        const std::lock_guard lock{mutex_};
        return std::exchange(posts_, 0);
    }

private:
    std::mutex mutex_;
    int posts_ = 0;
    std::vector<bus::Task> tasks_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(mailbox)

BOOST_AUTO_TEST_CASE(A4_events_for_a_sleeping_agent_wake_it_once) {
    // From one thread and from several: a publisher that finds the agent awake, or about to be,
    // posts nothing.
    const auto host = std::make_shared<CountingHost>();
    bus::Bus bus{{std::make_shared<bus::SystemRuntime>(host), nullptr}};
    int handled = 0;
    auto agent = scripted("sleeper");
    agent->handles<PingEvent>([&](const PingEvent&, bus::Context&) { ++handled; });
    bus.add(std::move(agent));
    BOOST_TEST(host->posts() == 0);
    for (int i = 1; i <= 100; ++i) {
        bus.publish(ping("x", i));
    }
    BOOST_TEST(host->posts() == 1);
    host->run_all();
    BOOST_TEST(handled == 100);
    BOOST_TEST(bus.idle());
    host->posts(); // another turn, if this one ended early on a slow machine
    std::vector<std::thread> publishers;
    for (int p = 0; p < 4; ++p) {
        publishers.emplace_back([&] {
            for (int i = 1; i <= 25; ++i) {
                bus.publish(ping("x", i));
            }
        });
    }
    for (std::thread& publisher : publishers) {
        publisher.join();
    }
    BOOST_TEST(host->posts() == 1); // it sleeps again, and is woken again
    host->run_all();
    BOOST_TEST(handled == 200);
}

BOOST_AUTO_TEST_CASE(A4_events_that_arrive_during_an_agents_turn_post_nothing) {
    const auto host = std::make_shared<CountingHost>();
    bus::Bus bus{{std::make_shared<bus::SystemRuntime>(host), nullptr}};
    int handled = 0;
    int posts_in_turn = 0;
    auto agent = scripted("busy");
    agent->handles<PingEvent>([&](const PingEvent& event, bus::Context&) {
        ++handled;
        if (event.number == 0) {
            host->posts();
            for (int i = 1; i <= 100; ++i) {
                bus.publish(ping("x", i));
            }
            posts_in_turn = host->posts();
        }
    });
    bus.add(std::move(agent));
    bus.publish(ping("x", 0));
    host->run_all();
    BOOST_TEST(posts_in_turn == 0);
    BOOST_TEST(handled == 101);
}

BOOST_AUTO_TEST_CASE(A6_reject_refuses_events_over_the_bound_and_counts_them) {
    Small small{bus::Overflow::reject};
    for (int i = 1; i <= 5; ++i) {
        small.bus.publish(ping("x", i));
    }
    BOOST_TEST(small.bus.status().front().queued == 3U);
    small.runtime->run_ready();
    const std::vector<std::int64_t> expected{1, 2, 3};
    BOOST_TEST(small.seen == expected, boost::test_tools::per_element());
    BOOST_TEST(small.bus.status().front().dropped == 2U);
}

BOOST_AUTO_TEST_CASE(A6_drop_oldest_drops_the_oldest_event_and_counts_it) {
    Small small{bus::Overflow::drop_oldest};
    for (int i = 1; i <= 5; ++i) {
        small.bus.publish(ping("x", i));
    }
    small.runtime->run_ready();
    const std::vector<std::int64_t> expected{3, 4, 5};
    BOOST_TEST(small.seen == expected, boost::test_tools::per_element());
    BOOST_TEST(small.bus.status().front().dropped == 2U);
}

BOOST_AUTO_TEST_CASE(A6_block_makes_the_publisher_wait_and_loses_nothing) {
    Small small{bus::Overflow::block};
    for (int i = 1; i <= 50; ++i) {
        small.bus.publish(ping("x", i)); // the wait runs the agent: there is one thread only
        BOOST_TEST(small.bus.status().front().queued <= 3U);
    }
    small.runtime->run_ready();
    BOOST_TEST(small.seen.size() == 50U);
    BOOST_TEST(std::is_sorted(small.seen.begin(), small.seen.end()));
    const bus::AgentStatus status = small.bus.status().front();
    BOOST_TEST(status.dropped == 0U);
    BOOST_TEST(status.waited == 16U); // one wait for each full box of three
    BOOST_TEST(status.over_bound == 0U);
}

BOOST_AUTO_TEST_CASE(A6_block_counts_the_waiting_publishes_of_several_publishers) {
    bus::Bus bus;
    std::latch entered{1};
    std::latch may_leave{1};
    auto agent = scripted("small");
    agent->settings().mailbox_capacity = 2;
    agent->handles<PingEvent>([&](const PingEvent& event, bus::Context&) {
        if (event.number == 1) {
            entered.count_down();
            may_leave.wait();
        }
    });
    bus.add(std::move(agent));
    bus.publish(ping("x", 1));
    entered.wait();
    bus.publish(ping("x", 2));
    bus.publish(ping("x", 3));
    BOOST_TEST(bus.status().front().waited == 0U); // they fill the mailbox
    std::vector<std::thread> publishers;
    for (int p = 0; p < 3; ++p) {
        publishers.emplace_back([&] { bus.publish(ping("x", 4)); });
    }
    while (bus.status().front().waited < 3) { // a wait is counted before it is over
        std::this_thread::yield();
    }
    BOOST_TEST(bus.status().front().queued == 2U);
    may_leave.count_down();
    for (std::thread& publisher : publishers) {
        publisher.join();
    }
    BOOST_TEST(bus.wait_idle(std::chrono::seconds{30}));
    const bus::AgentStatus status = bus.status().front();
    BOOST_TEST(status.finished == 6U);
    BOOST_TEST(status.waited == 3U);
    BOOST_TEST(status.over_bound == 0U);
    BOOST_TEST(status.dropped == 0U);
}

BOOST_AUTO_TEST_CASE(A6_block_lets_steps_exceed_the_bound_and_counts_their_events) {
    for (const auto overflow : {bus::Overflow::block, bus::Overflow::reject}) {
        const auto runtime = std::make_shared<bus::SimulatedRuntime>();
        bus::Bus bus{{runtime, nullptr}};
        auto agent = scripted("small");
        agent->settings().mailbox_capacity = 3;
        agent->settings().overflow = overflow;
        agent->handles<PingEvent, PingEvent>([](const PingEvent& event, bus::Context& context) {
            for (int i = 0; event.number == 1 && i < 5; ++i) {
                context.publish(ping("x", 2));
            }
        });
        bus.add(std::move(agent));
        bus.publish(ping("x", 1));
        runtime->run_until_idle();
        const bool blocks = overflow == bus::Overflow::block;
        const bus::AgentStatus status = bus.status().front();
        BOOST_TEST(status.finished == (blocks ? 6U : 4U));
        BOOST_TEST(status.over_bound == (blocks ? 2U : 0U));
        BOOST_TEST(status.dropped == (blocks ? 0U : 2U));
        BOOST_TEST(status.waited == 0U);
    }
}

BOOST_AUTO_TEST_CASE(A6_block_holds_with_several_publishers_on_threads) {
    constexpr int each = 500;
    bus::Bus bus;
    std::atomic<int> handled{0};
    auto agent = scripted("small");
    agent->settings().mailbox_capacity = 2;
    std::atomic<bool> over_the_bound{false};
    agent->handles<PingEvent>([&](const PingEvent&, bus::Context&) {
        ++handled;
        over_the_bound = over_the_bound || bus.status().front().queued > 2;
    });
    bus.add(std::move(agent));
    std::vector<std::thread> publishers;
    for (int p = 0; p < 3; ++p) {
        publishers.emplace_back([&] {
            for (int i = 0; i < each; ++i) {
                bus.publish(ping("x", i));
            }
        });
    }
    for (std::thread& publisher : publishers) {
        publisher.join();
    }
    BOOST_TEST(bus.wait_idle(std::chrono::seconds{30}));
    BOOST_TEST(handled == 3 * each);
    BOOST_TEST(!over_the_bound);
    const bus::AgentStatus status = bus.status().front();
    BOOST_TEST(status.dropped == 0U);
    BOOST_TEST(status.waited <= status.finished);
    BOOST_TEST(status.over_bound == 0U);
}

BOOST_AUTO_TEST_CASE(A1_each_publishers_events_keep_their_order_across_types_and_batches) {
    constexpr int each = 3'000;
    bus::Bus bus;
    std::array<std::int64_t, 4> last{};
    std::atomic<int> wrong{0};
    auto agent = scripted("a");
    agent->settings().mailbox_capacity = 100;
    const auto handle = [&](const auto& event) {
        std::int64_t& mine = last.at(static_cast<std::size_t>(event.name.front() - '0'));
        wrong += event.number == mine + 1 ? 0 : 1;
        mine = event.number;
    };
    agent->handles<PingEvent>([&](const PingEvent& event, bus::Context&) { handle(event); });
    agent->handles<test::PongEvent>(
        [&](const test::PongEvent& event, bus::Context&) { handle(event); });
    bus.add(std::move(agent));
    std::vector<std::thread> publishers;
    for (std::size_t p = 0; p < last.size(); ++p) {
        publishers.emplace_back([&, p] {
            const std::string long_name = std::to_string(p) + " owns memory of its own, it does";
            for (int i = 1; i <= each; ++i) {
                i % 3 == 0 ? bus.publish(ping(long_name, i))
                           : bus.publish(test::pong(long_name, i));
            }
        });
    }
    for (std::thread& publisher : publishers) {
        publisher.join();
    }
    BOOST_TEST(bus.wait_idle(std::chrono::seconds{60}));
    BOOST_TEST(wrong == 0);
    BOOST_TEST(bus.status().front().finished == last.size() * each);
}

BOOST_AUTO_TEST_CASE(A6_reject_and_drop_oldest_account_for_every_event_of_several_publishers) {
    constexpr std::uint64_t each = 500;
    for (const auto overflow : {bus::Overflow::reject, bus::Overflow::drop_oldest}) {
        bus::Bus bus;
        auto agent = scripted("small");
        agent->settings().mailbox_capacity = 2;
        agent->settings().overflow = overflow;
        agent->handles<PingEvent>([](const PingEvent&, bus::Context&) {});
        bus.add(std::move(agent));
        std::vector<std::thread> publishers;
        for (int p = 0; p < 3; ++p) {
            publishers.emplace_back([&] {
                for (std::uint64_t i = 0; i < each; ++i) {
                    bus.publish(ping("x"));
                }
            });
        }
        for (std::thread& publisher : publishers) {
            publisher.join();
        }
        BOOST_TEST(bus.wait_idle(std::chrono::seconds{30}));
        const bus::AgentStatus status = bus.status().front();
        BOOST_TEST(status.finished + status.dropped == 3 * each);
        BOOST_TEST(status.waited == 0U);
        BOOST_TEST(status.over_bound == 0U);
    }
}

BOOST_AUTO_TEST_CASE(A6_stopping_frees_a_publisher_that_waits_for_room) {
    bus::Bus bus;
    std::latch entered{1};
    std::latch may_leave{1};
    auto agent = scripted("stuck");
    agent->settings().mailbox_capacity = 1;
    agent->handles<PingEvent>([&](const PingEvent& event, bus::Context&) {
        if (event.number == 1) {
            entered.count_down();
            may_leave.wait();
        }
    });
    bus.add(std::move(agent));
    bus.publish(ping("x", 1));
    entered.wait();
    bus.publish(ping("x", 2)); // fills the mailbox
    std::thread waiting{[&] { bus.publish(ping("x", 3)); }};
    while (bus.status().front().waited == 0) {
        std::this_thread::yield();
    }
    std::thread stopper{[&] { bus.stop(bus::Stop::now); }};
    waiting.join();
    may_leave.count_down();
    stopper.join();
    BOOST_TEST(bus.idle());
    const bus::AgentStatus status = bus.status().front();
    BOOST_TEST(status.finished == 1U);
    BOOST_TEST(status.queued == 1U);
    BOOST_TEST(status.dropped == 1U); // that of the publish that waited
    BOOST_TEST(status.waited == 1U);
}

BOOST_AUTO_TEST_CASE(A11_drain_handles_everything_queued_and_what_follows_from_it) {
    auto runtime = std::make_shared<bus::SimulatedRuntime>();
    bus::Bus bus{{runtime, nullptr}};
    auto agent = scripted("counting_down");
    agent->handles<PingEvent, PingEvent>([](const PingEvent& event, bus::Context& context) {
        if (event.number > 0) {
            context.publish(ping("x", event.number - 1));
        }
    });
    bus.add(std::move(agent));
    bus.publish(ping("x", 9));
    const bus::StopReport report = bus.stop(bus::Stop::drain);
    BOOST_TEST(report.drained);
    BOOST_TEST(report.queued == 0U);
    BOOST_TEST(report.agents.front().finished == 10U);
    BOOST_CHECK_THROW(bus.publish(ping("x")), std::logic_error);
    BOOST_CHECK_THROW(bus.post(ping("x")), std::logic_error);
    BOOST_CHECK_THROW(bus.add(scripted("late")), std::logic_error);
    BOOST_TEST(bus.stop(bus::Stop::drain).drained); // idempotent
}

BOOST_AUTO_TEST_CASE(A11_drain_gives_up_at_its_deadline) {
    const auto runtime = std::make_shared<bus::SimulatedRuntime>();
    bus::Bus bus{{runtime, nullptr}};
    auto agent = scripted("endless");
    agent->handles<PingEvent, PingEvent>([&](const PingEvent&, bus::Context& context) {
        runtime->pass(1ms); // each step takes this long
        context.publish(ping("x"));
    });
    bus.add(std::move(agent));
    bus.publish(ping("x"));
    const bus::StopReport report = bus.stop(bus::Stop::drain, 20ms);
    BOOST_TEST(!report.drained);
    BOOST_TEST(report.queued == 1U);
    BOOST_TEST(report.agents.front().finished == 21U); // the last step began in time
    BOOST_TEST(bus.idle());
}

BOOST_AUTO_TEST_CASE(A11_a_running_step_is_waited_for_even_past_the_deadline) {
    for (const auto how : {bus::Stop::drain, bus::Stop::now}) {
        for (const bool stored : {false, true}) {
            bus::Bus bus{{nullptr, stored ? std::make_shared<bus::MemoryStore>() : nullptr}};
            std::latch entered{1};
            std::atomic<bool> ended{false};
            auto agent = scripted("slow");
            agent->handles<PingEvent>([&](const PingEvent&, bus::Context&) {
                entered.count_down();
                try {
                    for (;;) { // a step may publish while the bus drains, but not past the deadline
                        bus.publish(test::pong("x"));
                        std::this_thread::yield();
                    }
                } catch (const std::logic_error&) {
                    ended = true;
                }
            });
            bus.add(std::move(agent));
            bus.publish(ping("x"));
            entered.wait();
            const bus::StopReport report = bus.stop(how, 0s);
            BOOST_TEST(ended.load());
            BOOST_TEST(!report.drained);
            BOOST_TEST(report.agents.front().finished == 1U);
        }
    }
}

BOOST_AUTO_TEST_CASE(A11_drain_does_not_wait_for_what_is_deferred_to_a_later_time) {
    auto runtime = std::make_shared<bus::SimulatedRuntime>();
    bus::Bus bus{{runtime, nullptr}};
    auto agent = scripted("waiting");
    agent->settings().retry = test::every(std::chrono::hours{1}, 5);
    agent->handles<PingEvent>(
        [](const PingEvent&, bus::Context&) { throw std::runtime_error{"later"}; });
    bus.add(std::move(agent));
    bus.publish(ping("x"));
    const bus::StopReport report = bus.stop(bus::Stop::drain, std::chrono::seconds{1});
    BOOST_TEST(report.drained);
    BOOST_TEST(report.deferred == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
