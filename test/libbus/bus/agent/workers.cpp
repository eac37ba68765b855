// Sequences, parallel workers and parking: A2, and the part of A1 that also holds with them.
#include "test/libbus/bus/agent/solo.hpp"
#include <bus/bus.hpp>
#include <bus/observers.hpp>
#include <bus/store/memory_store.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <latch>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using test::ping;
using test::PingEvent;
using test::pong;
using test::PongEvent;
using test::scripted;

namespace worker_events {

/// Can be copied a given number of times, and then throws something that is not a std::exception.
struct Fragile {
    static inline int copies_left = 0;

    Fragile() = default;

    Fragile(const Fragile& /*other*/) {
        if (copies_left-- <= 0) {
            throw 42; // NOLINT: on purpose
        }
    }

    Fragile& operator=(const Fragile&) = default;
    ~Fragile() = default;
};

struct FragileEvent : bus::Event<FragileEvent> {
    std::string name;
    std::int64_t number = 0;
    Fragile fragile;
};
BUS_DESCRIBE_EVENT(FragileEvent, (name, number), bus::aggregate_id<&FragileEvent::name>)

} // namespace worker_events

namespace {

using worker_events::Fragile;
using worker_events::FragileEvent;

struct Handled {
    std::string name;
    std::int64_t number;
    std::uint32_t attempt;
};

/// What succeeded, by name, in order.
std::map<std::string, std::vector<std::int64_t>> by_name(const std::vector<Handled>& handled) {
    std::map<std::string, std::vector<std::int64_t>> result;
    for (const Handled& one : handled) {
        result[one.name].push_back(one.number);
    }
    return result;
}

/// With one worker and with two, without a store and on one: if the key of a sequence cannot be
/// found, this is reported, and the aggregate is used instead.
void expect_sequence_by_aggregate(std::string (*key)(const bus::DomainEvent&),
                                  const std::string& why) {
    for (const std::uint32_t workers : {1U, 2U}) {
        for (const bool stored : {false, true}) {
            const auto runtime = std::make_shared<bus::SimulatedRuntime>();
            std::string seen;
            std::vector<std::string> told;
            auto agent = scripted("a");
            agent->settings().workers = workers;
            agent->settings().sequence = bus::Sequence::by(key);
            agent->settings().retry = test::every(1s, 3);
            agent->handles<PingEvent>([&](const PingEvent& event, bus::Context& context) {
                if (event.number == 1 && context.attempt() == 1) {
                    throw std::runtime_error{"later"};
                }
                seen += event.name + std::to_string(event.number) + ' ';
            });
            bus::Bus bus{{runtime, stored ? std::make_shared<bus::MemoryStore>() : nullptr}};
            bus::Observers observers{bus};
            observers.trouble.connect([&](std::string_view what) { told.emplace_back(what); });
            bus.add(std::move(agent));
            for (const auto& event : {ping("x", 1), ping("y", 2), ping("x", 3)}) {
                bus.publish(event);
            }
            runtime->run_ready();
            BOOST_TEST(seen == "y2 "); // x3 waits behind x1; y2 waits for neither
            BOOST_TEST(bus.status().front().parked == 1U);
            runtime->run_until_idle();
            BOOST_TEST(seen == "y2 x1 x3 ");
            BOOST_TEST(!told.empty());
            for (const std::string& what : told) {
                BOOST_TEST(what == "agent a: the key of an event's sequence failed: " + why);
            }
        }
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(workers)

BOOST_AUTO_TEST_CASE(A2_later_events_of_a_sequence_wait_behind_a_deferred_one_and_others_go_on) {
    const auto runtime = std::make_shared<bus::SimulatedRuntime>();
    std::string seen;
    auto agent = scripted("a");
    agent->settings().retry = test::every(1s, 3);
    agent->handles<PingEvent>([&](const PingEvent& event, bus::Context& context) {
        if (event.name == "x" && event.number == 1 && context.attempt() < 3) {
            throw std::runtime_error{"later"};
        }
        seen += event.name + std::to_string(event.number) + ' ';
    });
    bus::Bus bus{{runtime, nullptr}};
    bus.add(std::move(agent));
    for (const int number : {1, 2, 3}) {
        bus.publish(ping("x", number));
        bus.publish(ping("y", number));
    }
    runtime->run_ready();
    BOOST_TEST(seen == "y1 y2 y3 ");
    bus::AgentStatus status = bus.status().front();
    BOOST_TEST(status.parked == 2U);
    BOOST_TEST(status.retrying == 1U);
    BOOST_TEST(status.queued == 0U);
    BOOST_TEST(bus.idle()); // the event waits for its time
    runtime->run_for(1s);
    bus.publish(ping("x", 4));
    runtime->run_until_idle();
    BOOST_TEST(seen == "y1 y2 y3 x1 x2 x3 x4 ");
    status = bus.status().front();
    BOOST_TEST(status.parked + status.retrying + status.dead == 0U);
    BOOST_TEST(status.finished == 7U);
}

BOOST_AUTO_TEST_CASE(A2_parked_events_follow_when_the_event_before_them_is_given_up) {
    const auto runtime = std::make_shared<bus::SimulatedRuntime>();
    std::vector<std::int64_t> seen;
    auto agent = scripted("a");
    agent->settings().retry = test::every(1s, 2);
    agent->handles<PingEvent>([&](const PingEvent& event, bus::Context&) {
        if (event.number % 2 == 1) {
            throw std::runtime_error{"never"};
        }
        seen.push_back(event.number);
    });
    bus::Bus bus{{runtime, nullptr}};
    bus.add(std::move(agent));
    for (int i = 1; i <= 6; ++i) {
        bus.publish(ping("x", i));
    }
    runtime->run_until_idle();
    const std::vector<std::int64_t> expected{2, 4, 6};
    BOOST_TEST(seen == expected, boost::test_tools::per_element());
    BOOST_TEST(bus.status().front().dead == 3U);
}

BOOST_AUTO_TEST_CASE(A2_an_event_that_is_not_ready_holds_up_its_sequence_too) {
    const auto runtime = std::make_shared<bus::SimulatedRuntime>();
    const bus::Timestamp ready = runtime->now() + 1h;
    std::vector<std::int64_t> seen;
    auto agent = scripted("a");
    agent->handles<PingEvent>([&](const PingEvent& event, bus::Context& context) {
        if (context.now() < ready) {
            throw bus::Failure::not_ready("too early", ready);
        }
        seen.push_back(event.number);
    });
    bus::Bus bus{{runtime, nullptr}};
    bus.add(std::move(agent));
    for (int i = 1; i <= 3; ++i) {
        bus.publish(ping("x", i));
    }
    runtime->run_ready();
    BOOST_TEST(bus.status().front().not_ready == 1U);
    BOOST_TEST(bus.status().front().parked == 2U);
    runtime->run_until_idle();
    const std::vector<std::int64_t> expected{1, 2, 3};
    BOOST_TEST(seen == expected, boost::test_tools::per_element());
    BOOST_TEST(bus.status().front().failures == 0U);
}

BOOST_AUTO_TEST_CASE(A2_the_number_of_parked_events_is_bounded_and_the_mailbox_fills_behind_them) {
    const auto runtime = std::make_shared<bus::SimulatedRuntime>();
    std::vector<std::int64_t> seen;
    auto agent = scripted("a");
    agent->settings().mailbox_capacity = 4;
    agent->settings().overflow = bus::Overflow::reject;
    agent->settings().retry = test::every(1s, 2);
    agent->handles<PingEvent>([&](const PingEvent& event, bus::Context& context) {
        if (event.number == 0 && context.attempt() == 1) {
            throw std::runtime_error{"later"};
        }
        seen.push_back(event.number);
    });
    bus::Bus bus{{runtime, nullptr}};
    bus.add(std::move(agent));
    for (int i = 0; i < 12; ++i) {
        bus.publish(ping("x", i));
        runtime->run_ready();
        BOOST_TEST(bus.status().front().parked <= 4U);
    }
    const bus::AgentStatus status = bus.status().front();
    BOOST_TEST(status.queued == 4U);
    BOOST_TEST(status.dropped == 3U); // one deferred, four parked, four in the mailbox
    BOOST_TEST(bus.idle());
    runtime->run_until_idle();
    const std::vector<std::int64_t> expected{0, 1, 2, 3, 4, 5, 6, 7, 8};
    BOOST_TEST(seen == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(
    A6_the_number_of_deferred_events_is_bounded_and_the_mailbox_fills_behind_them) {
    const auto runtime = std::make_shared<bus::SimulatedRuntime>();
    const bus::Timestamp ready = runtime->now() + 1h;
    std::vector<std::int64_t> seen;
    auto agent = scripted("a");
    agent->settings().mailbox_capacity = 4;
    agent->settings().overflow = bus::Overflow::reject;
    agent->handles<PingEvent>([&](const PingEvent& event, bus::Context& context) {
        if (context.now() < ready) {
            throw bus::Failure::not_ready("too early", ready);
        }
        seen.push_back(event.number);
    });
    bus::Bus bus{{runtime, nullptr}};
    bus.add(std::move(agent));
    for (int i = 0; i < 12; ++i) {
        bus.publish(ping(std::to_string(i), i)); // each a sequence of its own
        runtime->run_ready();
    }
    const bus::AgentStatus status = bus.status().front();
    BOOST_TEST(status.not_ready == 4U);
    BOOST_TEST(status.queued == 4U);
    BOOST_TEST(status.dropped == 4U);
    BOOST_TEST(bus.idle());
    runtime->run_until_idle();
    std::sort(seen.begin(), seen.end());
    BOOST_TEST(seen == (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(A6_block_keeps_no_more_than_the_bound_even_if_each_step_is_deferred) {
    for (const std::uint32_t workers : {1U, 3U}) {
        const auto runtime = std::make_shared<bus::SimulatedRuntime>();
        bus::Bus bus{{runtime, nullptr}};
        std::size_t most = 0;
        auto agent = scripted("a");
        agent->settings().mailbox_capacity = 100; // so that a batch is more than one
        agent->settings().workers = workers;
        agent->settings().retry = test::every(1h, 2);
        agent->handles<PingEvent>([&](const PingEvent&, bus::Context& context) {
            const bus::AgentStatus status = bus.status().front();
            most = std::max(most, status.retrying + status.parked);
            if (context.attempt() == 1) {
                throw std::runtime_error{"later"};
            }
        });
        bus.add(std::move(agent));
        for (int i = 0; i < 1000; ++i) {
            bus.publish(ping(std::to_string(i), i)); // the wait lets the time pass
        }
        runtime->run_until_idle();
        BOOST_TEST(most > 50U);
        BOOST_TEST(most <= 100U);
        BOOST_TEST(bus.status().front().finished == 1000U);
        BOOST_TEST(bus.status().front().dropped == 0U);
    }
}

BOOST_AUTO_TEST_CASE(A6_publishers_that_wait_behind_deferred_events_are_woken_when_those_settle) {
    constexpr std::uint64_t each = 50;
    bus::Bus bus;
    std::latch handled{3 * each};
    auto agent = scripted("a");
    agent->settings().mailbox_capacity = 2;
    agent->settings().sequence = bus::Sequence::none();
    agent->settings().retry = test::every(100us, 2);
    agent->handles<PingEvent>([&](const PingEvent&, bus::Context& context) {
        if (context.attempt() == 1) {
            throw std::runtime_error{"later"};
        }
        handled.count_down();
    });
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
    handled.wait();
    BOOST_TEST(bus.wait_idle(30s));
    BOOST_TEST(bus.status().front().finished == 3 * each);
}

BOOST_AUTO_TEST_CASE(A11_a_drain_ends_even_if_events_wait_behind_deferred_ones_and_counts_them) {
    const auto runtime = std::make_shared<bus::SimulatedRuntime>();
    auto agent = scripted("a");
    agent->settings().mailbox_capacity = 4;
    agent->handles<PingEvent>([](const PingEvent&, bus::Context& context) {
        throw bus::Failure::not_ready("too early", context.now() + 1h);
    });
    bus::Bus bus{{runtime, nullptr}};
    bus.add(std::move(agent));
    for (int i = 0; i < 7; ++i) {
        bus.publish(ping(std::to_string(i), i));
        runtime->run_ready();
    }
    const bus::StopReport report = bus.stop(bus::Stop::drain, 1s);
    BOOST_TEST(report.drained);
    BOOST_TEST(report.deferred == 4U);
    BOOST_TEST(report.queued == 3U);
}

BOOST_AUTO_TEST_CASE(A2_order_holds_for_each_seed_with_workers_failures_and_any_kind_of_sequence) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        const auto runtime = std::make_shared<bus::SimulatedRuntime>(seed);
        std::vector<Handled> handled;
        auto agent = scripted("a");
        agent->settings().workers = static_cast<std::uint32_t>(1 + seed % 5);
        agent->settings().retry = test::every(10ms, 3);
        if (seed % 2 == 0) {
            agent->settings().sequence = bus::Sequence::by([](const bus::DomainEvent& event) {
                return std::string{event.aggregate_id()} + "!";
            });
        }
        const auto handle = [&](const auto& event, bus::Context& context) {
            const std::uint64_t die = context.random() % 8;
            if (die == 0) {
                throw std::runtime_error{"again"};
            }
            if (die == 1 && context.attempt() == 1) {
                throw bus::Failure::not_ready("wait", context.now() + 3ms);
            }
            handled.push_back({event.name, event.number, context.attempt()});
        };
        agent->handles<PingEvent>(
            [&](const PingEvent& event, bus::Context& context) { handle(event, context); });
        agent->handles<PongEvent>(
            [&](const PongEvent& event, bus::Context& context) { handle(event, context); });
        bus::Bus bus{{runtime, nullptr}};
        bus.add(std::move(agent));
        const std::array<std::string, 5> names{"a", "b", "c", "d", "e"};
        for (int i = 0; i < 300; ++i) {
            const std::string& name = names[runtime->random() % names.size()];
            i % 2 == 0 || seed % 2 == 1 ? bus.publish(ping(name, i)) : bus.publish(pong(name, i));
            if (runtime->random() % 4 == 0) {
                runtime->run_one();
            }
            if (runtime->random() % 32 == 0) {
                runtime->run_for(4ms);
            }
        }
        runtime->run_until_idle();
        for (const auto& [name, numbers] : by_name(handled)) {
            BOOST_TEST(std::is_sorted(numbers.begin(), numbers.end()), name << ", seed " << seed);
        }
        const bus::AgentStatus status = bus.status().front();
        BOOST_TEST(status.finished + status.dead == 300U);
        BOOST_TEST(status.finished == handled.size());
        BOOST_TEST(status.parked == 0U);
    }
}

BOOST_AUTO_TEST_CASE(A2_without_a_sequence_nothing_waits_for_a_deferred_event) {
    const auto runtime = std::make_shared<bus::SimulatedRuntime>();
    std::vector<std::int64_t> seen;
    auto agent = scripted("a");
    agent->settings().sequence = bus::Sequence::none();
    agent->settings().retry = test::every(1s, 2);
    agent->handles<PingEvent>([&](const PingEvent& event, bus::Context& context) {
        if (event.number <= 2 && context.attempt() == 1) {
            throw std::runtime_error{"later"};
        }
        seen.push_back(event.number);
    });
    bus::Bus bus{{runtime, nullptr}};
    bus.add(std::move(agent));
    for (int i = 1; i <= 4; ++i) {
        bus.publish(ping("x", i));
    }
    runtime->run_until_idle();
    const std::vector<std::int64_t> expected{3, 4, 1, 2};
    BOOST_TEST(seen == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(A2_a_key_function_that_throws_is_reported_and_the_aggregate_is_used_instead) {
    const auto fails = [](const bus::DomainEvent&) -> std::string {
        throw std::runtime_error{"no key"};
    };
    expect_sequence_by_aggregate(fails, "no key");
}

BOOST_AUTO_TEST_CASE(
    A2_a_key_function_that_throws_something_other_than_an_exception_is_reported_too) {
    const auto fails = [](const bus::DomainEvent&) -> std::string {
        throw 42; // NOLINT: not a std::exception, on purpose
    };
    expect_sequence_by_aggregate(fails, "what was thrown is not a std::exception");
}

BOOST_AUTO_TEST_CASE(A2_an_observer_may_remove_the_agent_whose_key_function_has_thrown) {
    for (const bool stored : {false, true}) {
        const auto runtime = std::make_shared<bus::SimulatedRuntime>();
        auto agent = scripted("a");
        agent->settings().workers = 2;
        agent->settings().sequence = bus::Sequence::by(
            [](const bus::DomainEvent&) -> std::string { throw std::runtime_error{"no key"}; });
        agent->handles<PingEvent>([](const PingEvent&, bus::Context&) {});
        bus::Bus bus{{runtime, stored ? std::make_shared<bus::MemoryStore>() : nullptr}};
        bus::Observers observers{bus};
        int told = 0;
        observers.trouble.connect([&](std::string_view) {
            if (++told == 1) {
                bus.remove("a");
            }
        });
        bus.add(std::move(agent));
        bus.publish(ping("x", 1));
        runtime->run_until_idle();
        BOOST_TEST(told == 1);
        BOOST_TEST(bus.status().empty());
    }
}

BOOST_AUTO_TEST_CASE(
    A2_an_event_that_must_wait_but_cannot_be_copied_is_given_up_or_counted_as_lost) {
    const auto runtime = std::make_shared<bus::SimulatedRuntime>();
    std::vector<std::string> told;
    auto agent = scripted("a");
    agent->settings().retry = test::every(1s, 3);
    agent->handles<FragileEvent>([&](const FragileEvent& event, bus::Context& context) {
        Fragile::copies_left = event.number == 1 ? 0 : 1;
        if (context.attempt() == 1) {
            throw std::runtime_error{"later"};
        }
    });
    bus::Bus bus{{runtime, nullptr}};
    bus::Observers observers{bus};
    observers.trouble.connect([&](std::string_view what) { told.emplace_back(what); });
    bus.add(std::move(agent));
    Fragile::copies_left = 1;                  // for the copy into the mailbox
    bus.publish(FragileEvent{{}, "x", 1, {}}); // cannot be copied again to wait
    runtime->run_ready();
    Fragile::copies_left = 2;
    bus.publish(FragileEvent{{}, "y", 2, {}});
    bus.publish(FragileEvent{{}, "y", 3, {}}); // this one cannot be copied to wait behind it
    runtime->run_until_idle();
    const bus::AgentStatus status = bus.status().front();
    BOOST_TEST(status.dead == 1U);
    BOOST_TEST(status.finished == 1U);
    BOOST_TEST(status.dropped == 1U);
    const std::vector<std::string> expected{
        "agent a: a delivery that must wait cannot be kept: what was thrown is not a "
        "std::exception",
        "agent a: an event that must wait for its turn is lost: what was thrown is not a "
        "std::exception"};
    BOOST_TEST(told == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(A2_on_threads_sequences_run_at_the_same_time_and_each_in_order) {
    constexpr int each = 2'000;
    constexpr std::size_t sequences = 16;
    std::array<std::atomic<std::int64_t>, sequences> last{};
    std::array<std::atomic<int>, sequences> inside{};
    std::atomic<int> wrong{0};
    auto agent = scripted("a");
    agent->settings().workers = 4;
    agent->settings().mailbox_capacity = 64;
    agent->settings().retry = test::every(10us, 50);
    agent->handles<PingEvent>([&](const PingEvent& event, bus::Context& context) {
        const auto which = static_cast<std::size_t>(event.name.front() - 'a');
        wrong += inside[which].fetch_add(1);
        const bool fails = context.attempt() == 1 && event.number % 97 == 0;
        if (!fails) {
            wrong += last[which] + 1 != event.number ? 1 : 0;
            last[which] = event.number;
            context.set_state(event.name, event.number); // shared by all workers
        }
        inside[which].fetch_sub(1);
        if (fails) {
            throw std::runtime_error{"again"};
        }
    });
    bus::Bus bus;
    bus.add(std::move(agent));
    std::vector<std::thread> publishers;
    for (std::size_t p = 0; p < 2; ++p) { // each sequence has one publisher, so it has an order
        publishers.emplace_back([&, p] {
            for (int i = 1; i <= each; ++i) {
                for (std::size_t s = p; s < sequences; s += 2) {
                    bus.publish(ping(std::string(1, static_cast<char>('a' + s)), i));
                }
            }
        });
    }
    for (std::thread& publisher : publishers) {
        publisher.join();
    }
    while (bus.status().front().finished < each * sequences) {
        BOOST_REQUIRE(bus.wait_idle(60s));
        std::this_thread::yield(); // the retries become due later
    }
    BOOST_TEST(wrong == 0);
    BOOST_TEST(bus.status().front().dead == 0U);
}

BOOST_AUTO_TEST_CASE(A2_with_two_workers_steps_of_two_sequences_run_at_the_same_time) {
    std::latch both{2};
    auto agent = scripted("a");
    agent->settings().workers = 8;
    agent->settings().sequence = bus::Sequence::none();
    agent->handles<PingEvent>([&](const PingEvent&, bus::Context&) { both.arrive_and_wait(); });
    bus::Bus bus;
    bus.add(std::move(agent));
    bus.publish(ping("x"));
    bus.publish(ping("x"));
    BOOST_TEST(bus.wait_idle(60s)); // one after the other they would wait for ever
}

BOOST_AUTO_TEST_CASE(A6_drop_oldest_finds_the_oldest_of_all_lanes) {
    const auto runtime = std::make_shared<bus::SimulatedRuntime>();
    std::vector<std::int64_t> seen;
    auto agent = scripted("a");
    agent->settings().workers = 3;
    agent->settings().mailbox_capacity = 5;
    agent->settings().overflow = bus::Overflow::drop_oldest;
    agent->handles<PingEvent>(
        [&](const PingEvent& event, bus::Context&) { seen.push_back(event.number); });
    bus::Bus bus{{runtime, nullptr}};
    bus.add(std::move(agent));
    for (int i = 0; i < 400; ++i) {
        bus.publish(ping(std::to_string(i), i));
    }
    runtime->run_ready();
    std::sort(seen.begin(), seen.end());
    const std::vector<std::int64_t> expected{395, 396, 397, 398, 399};
    BOOST_TEST(seen == expected, boost::test_tools::per_element());
    BOOST_TEST(bus.status().front().dropped == 395U);
}

BOOST_AUTO_TEST_CASE(settings_out_of_their_ranges_are_refused_by_name) {
    const auto refused = [](auto change, std::string_view what) {
        bus::Bus bus{{std::make_shared<bus::SimulatedRuntime>(), nullptr}};
        auto agent = scripted("wrong");
        change(agent->settings());
        BOOST_CHECK_EXCEPTION(bus.add(std::move(agent)), std::invalid_argument,
                              [what](const std::invalid_argument& error) {
                                  const std::string_view text = error.what();
                                  return text.find("wrong") != text.npos &&
                                         text.find(what) != text.npos;
                              });
    };
    refused([](bus::AgentSettings& s) { s.workers = 0; }, "workers");
    refused([](bus::AgentSettings& s) { s.workers = 257; }, "workers");
    refused([](bus::AgentSettings& s) { s.mailbox_capacity = 0; }, "mailbox_capacity");
    refused([](bus::AgentSettings& s) { s.sequence = bus::Sequence::by({}); }, "Sequence");
}

BOOST_AUTO_TEST_SUITE_END()
