// The position at which an agent begins, and how it joins the live flow: S9, S10, A12.
#include "test/libbus/bus/delivery/stored_world.hpp"
#include "test/support/troubled_store.hpp"
#include <bus/runtime/system_runtime.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stdexcept>

using namespace std::chrono_literals;
using test::echo;
using test::ping;
using test::PingEvent;
using test::PongEvent;
using test::scripted;

namespace {

void publish_pings(bus::Bus& bus, std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i <= last; ++i) {
        bus.publish(ping("x", i));
    }
}

std::unique_ptr<test::ScriptedAgent> echo_from(bus::StartPosition start) {
    auto agent = echo();
    agent->settings().start = start;
    return agent;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(catch_up, test::StoredWorld)

BOOST_AUTO_TEST_CASE(a_new_agent_begins_at_the_beginning_unless_it_says_otherwise) {
    publish_pings(*bus, 1, 5);
    bus->add(echo());
    bus->wait_idle();
    BOOST_TEST(numbers<PongEvent>() == test::range(1, 5), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_new_agent_that_begins_now_handles_only_later_events) {
    publish_pings(*bus, 1, 5);
    bus->add(echo_from(bus::StartPosition::now()));
    publish_pings(*bus, 6, 8);
    bus->wait_idle();
    BOOST_TEST(numbers<PongEvent>() == test::range(6, 8), boost::test_tools::per_element());
    BOOST_TEST(store->agent("echo")->start == 5U);
}

BOOST_AUTO_TEST_CASE(a_new_agent_may_begin_after_a_position) {
    publish_pings(*bus, 1, 5);
    bus->add(echo_from(bus::StartPosition::after(3)));
    bus->wait_idle();
    BOOST_TEST(numbers<PongEvent>() == test::range(4, 5), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(
    an_agent_that_the_store_knows_continues_where_it_was_whatever_its_settings_say) {
    bus->add(echo());
    publish_pings(*bus, 1, 5);
    bus->stop(bus::Stop::drain);
    restart();
    publish_pings(*bus, 6, 8);
    bus->add(echo_from(bus::StartPosition::now()));
    bus->wait_idle();
    BOOST_TEST(numbers<PongEvent>() == test::range(1, 8), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(
    A12_an_agent_added_while_events_are_on_their_way_misses_none_and_repeats_none) {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
        test::StoredWorld world{seed};
        std::int64_t next = 1;
        const auto post = [&](int count) {
            for (int i = 0; i < count; ++i) {
                world.bus->post(ping("x", next++));
            }
        };
        post(5);
        world.runtime->run_one();
        post(5); // under way while the agent registers
        world.bus->add(echo());
        post(5);
        world.bus->wait_idle();
        BOOST_TEST(world.numbers<PongEvent>() == test::range(1, 15),
                   boost::test_tools::per_element());
        BOOST_TEST(world.store->agent("echo")->finished == 15U);
    }
}

BOOST_AUTO_TEST_CASE(A12_an_agent_that_begins_now_while_events_are_on_their_way_takes_no_old_one) {
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        test::StoredWorld world{seed};
        world.bus.reset();
        const auto troubled =
            std::make_shared<test::TroubledStore>(std::make_shared<bus::MemoryStore>());
        world.store = troubled;
        world.start();
        publish_pings(*world.bus, 1, 5);
        int told_before = 0; // commits of which the agent is notified before it is registered
        troubled->after_commit = [&] { told_before += troubled->agent("newcomer") ? 0 : 1; };
        for (std::int64_t i = 6; i <= 5000; ++i) {
            world.bus->post(ping("x", i)); // too many for the commit that brings the registration
        }
        BOOST_TEST(told_before == 0);
        std::int64_t first = 0;
        auto agent = scripted("newcomer");
        agent->settings().start = bus::StartPosition::now();
        agent->handles<PingEvent>([&](const PingEvent& event, bus::Context&) {
            first = first == 0 ? event.number : first;
        });
        world.bus->add(std::move(agent));
        BOOST_TEST(told_before > 0);
        publish_pings(*world.bus, 5001, 5002);
        world.bus->wait_idle();
        BOOST_TEST(first > 5);
        BOOST_TEST(world.store->agent("newcomer")->start == static_cast<bus::Position>(first - 1));
        BOOST_TEST(world.store->agent("newcomer")->finished ==
                   static_cast<std::uint64_t>(5002 - first + 1));
        BOOST_TEST(world.bus->status().front().failures == 0U);
        world.bus.reset(); // before the variables that its callbacks use
    }
}

BOOST_AUTO_TEST_CASE(S9_catching_up_in_pages_while_others_publish_has_no_gap_and_no_repeat) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        test::StoredWorld world{seed};
        publish_pings(*world.bus, 1, 2500); // more than two pages
        world.bus->add(echo());
        for (std::int64_t i = 2501; i <= 3000; ++i) {
            world.bus->post(ping("x", i));
            world.runtime->run_one();
        }
        world.bus->wait_idle();
        BOOST_TEST((world.numbers<PongEvent>() == test::range(1, 3000)));
        BOOST_TEST(world.store->agent("echo")->finished == 3000U);
    }
}

BOOST_AUTO_TEST_CASE(S9_an_agent_with_a_tiny_mailbox_falls_behind_and_catches_up) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        test::StoredWorld world{seed};
        auto agent = echo();
        agent->settings().mailbox_capacity = 1;
        world.bus->add(std::move(agent));
        for (std::int64_t i = 1; i <= 300; ++i) {
            world.bus->post(ping("x", i));
            if (i % 7 == 0) {
                world.runtime->run_one();
            }
        }
        world.bus->wait_idle();
        BOOST_TEST((world.numbers<PongEvent>() == test::range(1, 300)));
        BOOST_TEST(world.bus->status().front().dropped == 0U);
    }
}

BOOST_AUTO_TEST_CASE(S9_a_page_that_shows_a_commit_before_its_notification_is_not_handled_twice) {
    auto troubled = std::make_shared<test::TroubledStore>(std::make_shared<bus::MemoryStore>());
    std::mutex mutex;
    std::condition_variable changed;
    int commits = 0;
    bus::Position read_up_to = 0;
    bool in_time = true; // checked at the end: Boost.Test is for one thread only
    std::atomic<int> handled{0};
    bus::Bus live{{nullptr, troubled}};
    publish_pings(live, 1, 3);
    // The agent's registration is the first commit from here on, a ping the second. The agent's
    // first page waits for the second commit, whose writer waits for that page before it notifies
    // the agent.
    troubled->after_commit = [&] {
        std::unique_lock lock{mutex};
        if (++commits == 1) {
            live.post(ping("x", 4));
        }
        changed.notify_all();
        if (commits == 2) {
            in_time = in_time && changed.wait_for(lock, 10s, [&] { return read_up_to >= 4; });
        }
    };
    troubled->before_read = [&] {
        std::unique_lock lock{mutex};
        in_time = in_time && changed.wait_for(lock, 10s, [&] { return commits >= 2; });
    };
    troubled->after_read = [&](bus::Position after, std::size_t count) {
        const std::lock_guard lock{mutex};
        read_up_to = std::max(read_up_to, after + count);
        changed.notify_all();
    };
    auto agent = scripted("counting");
    agent->handles<PingEvent>([&](const PingEvent&, bus::Context&) { ++handled; });
    live.add(std::move(agent));
    BOOST_TEST(live.wait_idle(30s));
    live.stop(bus::Stop::drain);
    BOOST_TEST(in_time);
    BOOST_TEST(handled == 4);
    BOOST_TEST(troubled->agent("counting")->finished == 4U);
}

BOOST_AUTO_TEST_CASE(S9_pages_read_at_the_same_time_leave_no_gap_if_the_log_grows_between_them) {
    auto troubled = std::make_shared<test::TroubledStore>(std::make_shared<bus::MemoryStore>());
    std::mutex mutex;
    std::condition_variable changed;
    int entered = 0;
    bool open = false;
    bus::Position newest = 0;
    bus::Position last_page = 0; // the start of the page up to `newest`, which is held up
    bool next_was_read = false;
    bool in_time = true; // checked at the end: Boost.Test is for one thread only
    std::vector<std::int64_t> handled;
    bus::Bus live{{std::make_shared<bus::SystemRuntime>(4U), troubled}};
    auto agent = scripted("counting");
    agent->settings().mailbox_capacity = 1;
    agent->settings().workers = 2; // the other worker continues to read
    agent->settings().sequence = bus::Sequence::none();
    agent->handles<PingEvent>([&](const PingEvent& event, bus::Context&) {
        std::unique_lock lock{mutex};
        ++entered;
        changed.notify_all();
        in_time = changed.wait_for(lock, 10s, [&] { return open; }) && in_time;
        handled.push_back(event.number);
    });
    troubled->after_read = [&](bus::Position after, std::size_t count) {
        std::unique_lock lock{mutex};
        next_was_read = next_was_read || (last_page != 0 && after > last_page);
        if (open && last_page == 0 && after + count == newest) {
            last_page = after;
            changed.notify_all();
            in_time = changed.wait_for(lock, 10s, [&] { return next_was_read; }) && in_time;
        }
        changed.notify_all();
    };
    live.add(std::move(agent));
    publish_pings(live, 1, 10);
    {
        std::unique_lock lock{mutex};
        in_time = changed.wait_for(lock, 10s, [&] { return entered == 2; }) && in_time;
    }
    for (std::int64_t i = 11; i <= 690; ++i) {
        live.post(ping("x", i));
    }
    publish_pings(live, 691, 700); // each a commit of its own: the agent falls behind
    {
        std::unique_lock lock{mutex};
        newest = troubled->last_position();
        open = true;
        changed.notify_all();
        in_time = changed.wait_for(lock, 10s, [&] { return last_page != 0; }) && in_time;
    }
    for (std::int64_t i = 701; i <= 1'200; ++i) { // so that there is a page behind it
        live.post(ping("x", i));
    }
    BOOST_TEST(live.wait_idle(30s));
    live.stop(bus::Stop::drain);
    BOOST_TEST(in_time);
    std::sort(handled.begin(), handled.end());
    BOOST_TEST((handled == test::range(1, 1'200)));
}

BOOST_AUTO_TEST_CASE(a_restart_at_any_moment_continues_without_a_gap_or_a_repeat) {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        test::StoredWorld world{seed};
        std::int64_t next = 1;
        for (int run = 0; run < 4; ++run) {
            auto agent = echo();
            agent->settings().retry = test::every(1ms, 3);
            world.bus->add(std::move(agent));
            for (int i = 0; i < 40; ++i) {
                world.bus->post(ping("x", next++));
            }
            for (std::uint64_t steps = seed; steps > 0; --steps) {
                world.runtime->run_one();
            }
            world.restart();
        }
        world.bus->add(echo());
        world.bus->wait_idle();
        // Events that were posted, but not committed when the bus was destroyed, are committed too.
        BOOST_TEST((world.numbers<PongEvent>() == test::range(1, next - 1)));
    }
}

BOOST_AUTO_TEST_SUITE_END()
