// A read model that can be waited for: R13.
#include "test/libbus/bus/delivery/evolving_world.hpp"
#include <bus/runtime/polled_runtime.hpp>

#include <atomic>
#include <future>
#include <set>
#include <stdexcept>
#include <thread>

using namespace std::chrono_literals;
using bus::DeliveryAction;
using test::EvolvingWorld;
using test::ping;
using test::PingEvent;
using test::pong;
using test::scripted;

namespace {

/// Keeps the newest number of each name. It fails or gives up at some events.
std::unique_ptr<test::ScriptedAgent> board(const std::set<std::int64_t>& failing = {},
                                           std::uint32_t attempts = 3) {
    auto agent = scripted("board");
    agent->settings().retry = test::every(10s, attempts);
    agent->handles<PingEvent>([&failing](const PingEvent& event, bus::Context& context) {
        if (failing.contains(event.number)) {
            throw std::runtime_error{"not now"};
        }
        context.set_state(event.name, event.number);
    });
    return agent;
}

const std::set<std::int64_t> none_fails;

std::int64_t shown(bus::Bus& bus, const std::string& name) {
    return bus.read_state<std::int64_t>("board", name).value_or(0);
}

bool says(const std::exception& error, std::initializer_list<std::string> parts) {
    return std::all_of(parts.begin(), parts.end(), [&](const std::string& part) {
        return std::string{error.what()}.find(part) != std::string::npos;
    });
}

} // namespace

BOOST_AUTO_TEST_SUITE(waiting_for_agents)

BOOST_AUTO_TEST_CASE(R13_after_the_wait_a_publisher_sees_its_event_in_the_read_model) {
    test::on_each_store([](EvolvingWorld& world) {
        world.bus->add(board(none_fails));
        for (std::int64_t number = 1; number <= 50; ++number) {
            const auto published = world.bus->publish(ping("a", number));
            BOOST_TEST_REQUIRE(world.bus->wait_for("board", published.position, 2s));
            BOOST_TEST(shown(*world.bus, "a") == number);
        }
        BOOST_TEST(world.bus->wait_for("board", 0, 0s));
        BOOST_TEST(world.bus->wait_for("board", 1, 0s));
        world.check();
    });
}

BOOST_AUTO_TEST_CASE(R13_events_that_the_agent_does_not_handle_count_once_it_has_passed_them) {
    test::on_each_store([](EvolvingWorld& world) {
        world.bus->add(board(none_fails));
        const auto first = world.bus->publish(pong("a", 1));
        BOOST_TEST(world.bus->wait_for("board", first.position, 2s));
        world.bus->publish(ping("a", 2));
        const auto last = world.bus->publish(pong("a", 3));
        BOOST_TEST(world.bus->wait_for("board", last.position, 2s));
        BOOST_TEST(shown(*world.bus, "a") == 2);
        const bus::Timestamp before = world.runtime->now();
        BOOST_TEST(!world.bus->wait_for("board", last.position + 1, 2s)); // not yet in the log
        BOOST_TEST((world.runtime->now() - before == bus::Duration{2s}));
        world.check();
    });
}

BOOST_AUTO_TEST_CASE(R13_a_deferred_delivery_is_waited_for) {
    test::on_each_store([](EvolvingWorld& world) {
        std::set<std::int64_t> failing{1};
        world.bus->add(board(failing));
        const auto first = world.bus->publish(ping("a", 1));
        const auto second = world.bus->publish(ping("a", 2));
        const auto other = world.bus->publish(ping("b", 3));
        BOOST_TEST(!world.bus->wait_for("board", first.position, 2s));
        BOOST_TEST(!world.bus->wait_for("board", other.position, 2s));
        BOOST_TEST(shown(*world.bus, "b") == 3);
        world.restart(); // the next program has to wait for it too
        world.bus->add(board(failing));
        BOOST_TEST(!world.bus->wait_for("board", other.position, 1s));
        failing.clear();
        BOOST_TEST(world.bus->wait_for("board", first.position, 1min));
        BOOST_TEST(world.bus->wait_for("board", second.position, 1min));
        BOOST_TEST(shown(*world.bus, "a") == 2);
        BOOST_TEST(world.bus->wait_for("board", other.position, 0s));
        world.check();
    });
}

BOOST_AUTO_TEST_CASE(R13_a_dead_letter_counts_as_handled_but_what_it_holds_up_does_not) {
    test::on_each_store([](EvolvingWorld& world) {
        std::set<std::int64_t> failing{1};
        world.bus->add(board(failing, 1));
        const auto first = world.bus->publish(ping("a", 1));
        const auto second = world.bus->publish(ping("a", 2));
        BOOST_TEST(world.bus->wait_for("board", first.position, 2s));
        BOOST_TEST(!world.bus->wait_for("board", second.position, 1h));
        world.bus->request({.who = "ann", .why = "a test", .agent = "board", .position = 1});
        world.bus->wait_idle(); // it fails again, and is given up again
        BOOST_TEST(world.bus->wait_for("board", first.position, 0s));
        BOOST_TEST(!world.bus->wait_for("board", second.position, 2s));
        world.bus->request({.who = "ann",
                            .why = "a test",
                            .action = DeliveryAction::discard,
                            .agent = "board",
                            .position = 1});
        BOOST_TEST(world.bus->wait_for("board", second.position, 2s));
        BOOST_TEST(shown(*world.bus, "a") == 2);
        world.check();
    });
}

BOOST_AUTO_TEST_CASE(R13_a_letter_that_was_redriven_is_waited_for_again) {
    test::on_each_store([](EvolvingWorld& world) {
        std::set<std::int64_t> failing{1};
        world.bus->add(board(failing, 2));
        const auto first = world.bus->publish(ping("a", 1));
        BOOST_TEST(world.bus->wait_for("board", first.position, 1min)); // given up
        world.bus->request({.who = "ann", .why = "a test", .agent = "board", .position = 1});
        world.bus->wait_idle();
        BOOST_TEST(!world.bus->wait_for("board", first.position, 1s)); // deferred
        failing.clear();
        BOOST_TEST(world.bus->wait_for("board", first.position, 1min));
        BOOST_TEST(shown(*world.bus, "a") == 1);
        world.check();
    });
}

BOOST_AUTO_TEST_CASE(R13_a_discarded_delivery_counts_as_handled) {
    test::on_each_store([](EvolvingWorld& world) {
        std::set<std::int64_t> failing{1};
        world.bus->add(board(failing));
        const auto first = world.bus->publish(ping("a", 1));
        const auto second = world.bus->publish(ping("a", 2));
        BOOST_TEST(!world.bus->wait_for("board", first.position, 1s));
        world.request(DeliveryAction::discard, "board", first.position); // it was deferred
        BOOST_TEST(world.bus->wait_for("board", second.position, 1s));
        BOOST_TEST(shown(*world.bus, "a") == 2);
        world.check();
    });
}

BOOST_AUTO_TEST_CASE(R13_a_wait_that_could_never_end_is_refused) {
    std::vector<std::string> refusals;
    bus::Bus bus{{.runtime = std::make_shared<bus::SimulatedRuntime>(),
                  .store = std::make_shared<bus::MemoryStore>()}};
    const auto try_it = [&](const char* agent) {
        try {
            static_cast<void>(bus.wait_for(agent, 1, 1s));
            refusals.emplace_back("not refused");
        } catch (const std::logic_error& error) {
            refusals.emplace_back(error.what());
        }
    };
    auto own = scripted("board");
    own->handles<PingEvent>([&](const PingEvent&, bus::Context&) { try_it("board"); });
    auto other = scripted("other");
    other->handles<PingEvent>([&](const PingEvent&, bus::Context&) { try_it("board"); });
    bus.add(std::move(own));
    bus.add(std::move(other));
    const auto handler =
        bus.subscribe<test::PongEvent>([&](const test::PongEvent&) { try_it("board"); });
    bus.publish(ping("a", 1));
    bus.post(pong("a", 1));
    bus.wait_idle();
    BOOST_TEST(refusals.size() == 3U);
    for (const std::string& refusal : refusals) {
        BOOST_TEST(refusal.find("agent board in an agent's step or in a handler") !=
                   std::string::npos);
    }
    BOOST_CHECK_EXCEPTION(static_cast<void>(bus.wait_for("bored", 1, 1s)), std::invalid_argument,
                          [](const auto& error) { return says(error, {"named bored"}); });
    bus::Bus without{{.runtime = std::make_shared<bus::SimulatedRuntime>()}};
    without.add(board(none_fails));
    BOOST_CHECK_EXCEPTION(static_cast<void>(without.wait_for("board", 1, 1s)), std::logic_error,
                          [](const auto& error) { return says(error, {"store"}); });
}

BOOST_AUTO_TEST_CASE(R13_the_wait_drives_a_polled_runtime) {
    bus::Bus bus{{.runtime = std::make_shared<bus::PolledRuntime>(),
                  .store = std::make_shared<bus::MemoryStore>()}};
    bus.add(board(none_fails));
    bus.poll();
    const auto published = bus.publish(ping("a", 7));
    BOOST_TEST(bus.wait_for("board", published.position, 30s));
    BOOST_TEST(shown(bus, "a") == 7);
    BOOST_TEST(!bus.wait_for("board", published.position + 1, 10ms));
}

BOOST_AUTO_TEST_CASE(R13_threads_of_the_host_wait_while_others_publish) {
    test::TempFolder folder;
    {
        bus::Bus bus{{.store = bus::SqliteStore::open({.path = folder.path() / "board.db"})}};
        auto agent = board(none_fails);
        agent->settings().workers = 3;
        bus.add(std::move(agent));
        const auto publish = [&bus](const std::string& name) {
            for (std::int64_t number = 1; number <= 40; ++number) {
                const auto published = bus.publish(ping(name, number));
                const bool came = bus.wait_for("board", published.position, 60s);
                if (!came || shown(bus, name) != number) {
                    return false;
                }
                bus.publish(pong(name, number)); // which nobody handles
            }
            return true;
        };
        auto first = std::async(std::launch::async, publish, "a");
        auto second = std::async(std::launch::async, publish, "b");
        BOOST_TEST(publish("c"));
        BOOST_TEST(first.get());
        BOOST_TEST(second.get());
        bus.stop(bus::Stop::drain);
    }
    BOOST_TEST(bus::verify({.path = folder.path() / "board.db"}).clean());
}

BOOST_AUTO_TEST_CASE(R13_the_agent_need_not_become_idle) {
    bus::Bus bus{{.store = std::make_shared<bus::MemoryStore>()}};
    std::promise<void> let_go;
    auto agent = scripted("board");
    agent->settings().workers = 2;
    agent->settings().sequence =
        bus::Sequence::by([](const bus::DomainEvent& event) { return event.user_id; });
    agent->handles<PingEvent>([&](const PingEvent& event, bus::Context& context) {
        if (event.number == 2) {
            let_go.get_future().wait();
        }
        context.set_state(event.name, event.number);
    });
    bus.add(std::move(agent));
    // Two sequences that are on different workers.
    const auto worker_of = [](const std::string& user) {
        return std::hash<std::string_view>{}("k" + user) % 2;
    };
    std::string other = "bob";
    while (worker_of(other) == worker_of("ann")) {
        other += 'x';
    }
    auto slow = ping("slow", 2);
    auto fast = ping("fast", 1);
    slow.user_id = "ann";
    fast.user_id = other;
    const auto first = bus.publish(fast);
    const auto second = bus.publish(slow);
    BOOST_TEST(bus.wait_for("board", first.position, 60s));
    BOOST_TEST(shown(bus, "fast") == 1);
    BOOST_TEST(!bus.wait_for("board", second.position, 10ms));
    let_go.set_value();
    BOOST_TEST(bus.wait_for("board", second.position, 60s));
}

BOOST_AUTO_TEST_CASE(R13_the_wait_ends_when_the_bus_stops_or_the_agent_is_removed) {
    for (const bool removed : {false, true}) {
        bus::Bus bus{{.store = std::make_shared<bus::MemoryStore>()}};
        bus.add(board(none_fails));
        std::promise<void> begins;
        auto waits = std::async(std::launch::async, [&] {
            begins.set_value();
            return bus.wait_for("board", 1000, 1h);
        });
        begins.get_future().wait();
        // If the wait has not begun, it is refused because there is no such agent, or it ends.
        std::this_thread::sleep_for(20ms);
        if (removed) {
            bus.remove("board");
        } else {
            bus.stop(bus::Stop::now);
        }
        BOOST_TEST_REQUIRE((waits.wait_for(60s) == std::future_status::ready));
        BOOST_TEST(!waits.get());
    }
}

BOOST_AUTO_TEST_SUITE_END()
