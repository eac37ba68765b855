// A store that cannot be written or read for a while: nothing is lost, nothing is repeated.
#include "test/libbus/bus/delivery/stored_world.hpp"
#include "test/support/troubled_store.hpp"
#include <bus/observers.hpp>
#include <bus/runtime/system_runtime.hpp>

#include <latch>
#include <random>
#include <stdexcept>

using namespace std::chrono_literals;
using test::echo;
using test::ping;
using test::PingEvent;
using test::pong;
using test::PongEvent;
using test::scripted;

namespace {

struct TroubledWorld : test::StoredWorld {
    explicit TroubledWorld(std::uint64_t seed = 1) : StoredWorld{seed} {
        troubled = std::make_shared<test::TroubledStore>(store);
        store = troubled;
        restart();
    }

    std::shared_ptr<test::TroubledStore> troubled;
};

/// A host that is no longer there to run anything.
class Dropping final : public bus::Executor {
public:
    void post(bus::Task /*task*/) override {}
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(store_trouble, TroubledWorld)

BOOST_AUTO_TEST_CASE(S8_the_publisher_learns_that_its_event_was_not_stored_and_no_handler_runs) {
    int handled = 0;
    const auto handler = bus->subscribe<PingEvent>([&](const PingEvent&) { ++handled; });
    troubled->disk_full = true;
    BOOST_CHECK_EXCEPTION(
        bus->publish(ping("x", 1)), bus::StoreError, [](const bus::StoreError& error) {
            return std::string{error.what()}.find("disk full") != std::string::npos;
        });
    bus::Ticket ticket = bus->post(ping("x", 2));
    BOOST_CHECK_THROW(ticket.wait(), bus::StoreError);
    BOOST_TEST((ticket.error() != nullptr));
    BOOST_TEST(handled == 0);
    troubled->disk_full = false;
    BOOST_TEST(bus->publish(ping("x", 3)).position == 1U);
    BOOST_TEST(handled == 1);
}

BOOST_AUTO_TEST_CASE(S8_an_agent_falls_back_to_its_last_commit_and_continues_after_the_trouble) {
    bus::Observers observers{*bus};
    std::vector<std::string> troubles;
    observers.trouble.connect([&](std::string_view what) { troubles.emplace_back(what); });
    auto agent = scripted("counter");
    agent->handles<PingEvent, PongEvent>([](const PingEvent&, bus::Context& context) {
        const auto count = context.state<std::int64_t>("count").value_or(0) + 1;
        context.set_state("count", count);
        context.publish(pong("x", count));
    });
    bus->add(std::move(agent));
    for (int i = 0; i < 10; ++i) {
        bus->publish(ping("x", i));
    }
    troubled->disk_full = true;
    runtime->run_for(10s);
    const bus::AgentStatus status = bus->status().front();
    BOOST_TEST(!bus->idle());
    BOOST_TEST(status.trouble.find("disk full") != std::string::npos);
    BOOST_TEST(!troubles.empty());
    troubled->disk_full = false;
    runtime->run_until_idle();
    BOOST_TEST(bus->idle());
    BOOST_TEST(numbers<PongEvent>() == test::range(1, 10), boost::test_tools::per_element());
    BOOST_TEST(store->agent("counter")->finished == 10U);
    BOOST_TEST(bus->status().front().finished == 10U);
    BOOST_TEST(bus->status().front().trouble.empty());
}

BOOST_AUTO_TEST_CASE(S8_a_commit_that_fails_lets_no_later_step_of_the_agent_overtake) {
    int failed = 0;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        TroubledWorld world{seed};
        std::mt19937_64 dice{seed};
        world.bus->add(echo());
        world.troubled->fails_next = [&dice] { return dice() % 3 == 0; };
        for (int i = 0; i < 1000; ++i) {
            world.bus->post(ping("x", i));
        }
        world.runtime->run_until_idle();
        failed += world.troubled->failed;
        BOOST_TEST((world.numbers<PongEvent>() == world.numbers<PingEvent>()));
    }
    BOOST_TEST(failed > 50);
}

BOOST_AUTO_TEST_CASE(S8_commits_that_fail_at_random_lose_nothing_and_repeat_nothing) {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
        TroubledWorld world{seed};
        std::mt19937_64 dice{seed};
        auto first = scripted("first");
        first->settings().retry = test::every(50ms, 9);
        first->handles<PingEvent, PongEvent>([](const PingEvent& event, bus::Context& context) {
            if (event.number % 10 == 3 && context.attempt() < 3) {
                throw std::runtime_error{"down"};
            }
            const auto count = context.state<std::int64_t>("count").value_or(0) + 1;
            context.set_state("count", count);
            context.publish(pong("x", event.number));
        });
        auto second = scripted("second");
        second->settings().mailbox_capacity = 5;
        second->handles<PongEvent, test::BufferedEvent>(
            [](const PongEvent& event, bus::Context& context) {
                test::BufferedEvent done;
                done.number = event.number;
                context.publish(done);
            });
        world.bus->add(std::move(first));
        world.bus->add(std::move(second));
        world.troubled->fails_next = [&dice] { return dice() % 3 == 0; };
        std::int64_t stored = 0;
        std::vector<std::int64_t> expected;
        for (int i = 0; i < 60; ++i) {
            try {
                world.bus->publish(ping("x", i));
                expected.push_back(i);
                ++stored;
            } catch (const bus::StoreError&) {
                continue; // this one is not in the log
            }
        }
        world.runtime->run_until_idle();
        auto answered = world.numbers<PongEvent>();
        std::sort(answered.begin(), answered.end());
        BOOST_TEST((answered == expected));
        auto done = world.numbers<test::BufferedEvent>();
        std::sort(done.begin(), done.end());
        BOOST_TEST((done == expected));
        BOOST_TEST(world.store->state("first", "count")->json == std::to_string(stored));
        BOOST_TEST(world.troubled->failed > 0);
        for (const bus::AgentStatus& status : world.bus->status()) {
            BOOST_TEST(status.finished == static_cast<std::uint64_t>(stored));
            BOOST_TEST(status.retrying == 0U);
            BOOST_TEST(status.dead == 0U);
        }
    }
}

BOOST_AUTO_TEST_CASE(S8_an_agent_waits_while_the_log_cannot_be_read) {
    for (int i = 1; i <= 5; ++i) {
        bus->publish(ping("x", i));
    }
    bus->add(echo());
    troubled->unreadable = true;
    runtime->run_for(5s);
    BOOST_TEST(bus->status().front().trouble.find("cannot be read") != std::string::npos);
    troubled->unreadable = false;
    runtime->run_until_idle();
    BOOST_TEST(numbers<PongEvent>() == test::range(1, 5), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_agent_that_cannot_be_registered_is_not_added) {
    troubled->disk_full = true;
    BOOST_CHECK_THROW(bus->add(echo()), bus::StoreError);
    troubled->disk_full = false;
    BOOST_TEST(bus->status().empty());
    bus->add(echo()); // the name is free
    bus->publish(ping("x", 1));
    bus->wait_idle();
    BOOST_TEST(numbers<PongEvent>().size() == 1U);
}

BOOST_AUTO_TEST_CASE(stopping_in_the_middle_of_trouble_leaves_everything_to_the_next_run) {
    bus->add(echo());
    for (int i = 1; i <= 5; ++i) {
        bus->publish(ping("x", i));
    }
    const auto before = numbers<PongEvent>().size();
    troubled->disk_full = true;
    const bus::StopReport report = bus->stop(bus::Stop::drain, 2s);
    BOOST_TEST(report.drained == (before == 5U));
    troubled->disk_full = false;
    restart();
    bus->add(echo());
    bus->wait_idle();
    BOOST_TEST(numbers<PongEvent>() == test::range(1, 5), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_writer_uses_nothing_of_a_caller_that_no_longer_waits_for_it) {
    bus.reset();
    const auto host = std::make_shared<bus::SystemRuntime>(std::make_shared<Dropping>());
    for (int round = 0; round < 3; ++round) {
        std::latch may_write{1};
        troubled->before_removal = [&] { may_write.wait(); };
        troubled->fails_next = [&] {
            may_write.wait();
            return false;
        };
        bus::Bus dropped{{host, troubled}};
        const auto ask = [&] {
            switch (round) {
            case 0: dropped.prune(1); return;
            case 1: dropped.forget("an agent of a name that is long enough"); return;
            default: dropped.add(echo());
            }
        };
        BOOST_CHECK_THROW(ask(), std::logic_error);
        may_write.count_down(); // it writes now, before the bus has gone
    }
}

BOOST_AUTO_TEST_SUITE_END()
