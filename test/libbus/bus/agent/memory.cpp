// The memory of a mailbox: once it is warm, an event without owning members costs none.
#include "test/libbus/bus/agent/solo.hpp"
#include "test/support/allocations.hpp"

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <memory>

using test::ping;
using test::PingEvent;
using test::pong;
using test::PongEvent;
using test::scripted;
using test::Solo;

BOOST_AUTO_TEST_SUITE(memory)

BOOST_AUTO_TEST_CASE(A6_neither_publisher_nor_worker_allocates_for_an_event_once_the_box_is_warm) {
    for (const auto overflow : {bus::Overflow::block, bus::Overflow::drop_oldest}) {
        const auto runtime = std::make_shared<bus::SimulatedRuntime>();
        std::int64_t sum = 0;
        auto agent = scripted("a");
        agent->settings().overflow = overflow;
        agent->settings().mailbox_capacity = 1000;
        agent->handles<PingEvent>(
            [&](const PingEvent& event, bus::Context&) { sum += event.number; });
        agent->handles<PongEvent>(
            [&](const PongEvent& event, bus::Context&) { sum += event.number; });
        Solo solo{std::move(agent), runtime};
        const PingEvent first = ping("short", 1);
        const PongEvent second = pong("short too", 1);
        const auto round = [&](int events) {
            for (int i = 0; i < events; i += 2) {
                solo.runner->offer(first, true);
                solo.runner->offer(second, true);
            }
            runtime->run_ready();
        };
        round(1000);
        const std::size_t before = test::allocations();
        for (int i = 0; i < 50; ++i) {
            round(1000); // fills it, and empties it
            round(2);
        }
        BOOST_TEST(test::allocations() - before == 0U);
        BOOST_TEST(sum == 51 * 1000 + 50 * 2);
    }
}

BOOST_AUTO_TEST_CASE(A6_a_mailbox_that_was_full_frees_all_but_a_bounded_part_of_its_memory) {
    const auto runtime = std::make_shared<bus::SimulatedRuntime>();
    auto agent = scripted("a");
    agent->settings().mailbox_capacity = 100'000;
    agent->handles<PingEvent>([](const PingEvent&, bus::Context&) {});
    Solo solo{std::move(agent), runtime};
    const auto fill = [&] {
        const std::size_t before = test::allocations();
        for (int i = 0; i < 100'000; ++i) {
            solo.runner->offer(ping("x", i), true);
        }
        runtime->run_ready();
        return test::allocations() - before;
    };
    const std::size_t first = fill();
    const std::size_t second = fill();
    BOOST_TEST(first > 500U);       // chunks of more than a hundred events
    BOOST_TEST(second > first / 2); // the mailbox did not keep all its chunks
    BOOST_TEST(second < first);     // but it kept some
}

BOOST_AUTO_TEST_SUITE_END()
