#include <bus/runtime/simulated_runtime.hpp>
#include <bus/runtime/strand.hpp>
#include <bus/runtime/system_runtime.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <functional>
#include <vector>

BOOST_AUTO_TEST_SUITE(strand)

BOOST_AUTO_TEST_CASE(tasks_of_a_strand_run_in_their_order_whatever_the_seed) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        bus::SimulatedRuntime runtime{seed};
        const auto first = std::make_shared<bus::Strand>(runtime.pool());
        const auto second = std::make_shared<bus::Strand>(runtime.pool());
        std::vector<int> of_first;
        std::vector<int> of_second;
        for (int i = 0; i < 10; ++i) {
            first->post([&, i] { of_first.push_back(i); });
            second->post([&, i] { of_second.push_back(i); });
        }
        runtime.run_ready();
        BOOST_TEST(of_first == of_second, boost::test_tools::per_element());
        BOOST_TEST(std::is_sorted(of_first.begin(), of_first.end()));
        BOOST_TEST(of_first.size() == 10U);
    }
}

BOOST_AUTO_TEST_CASE(tasks_of_a_strand_do_not_pile_up_while_others_keep_the_executor_busy) {
    constexpr std::size_t each_turn = 10;
    bus::SimulatedRuntime runtime;
    const auto strand = std::make_shared<bus::Strand>(runtime.pool());
    std::size_t posted = 0;
    std::size_t ran = 0;
    std::size_t most_waiting = 0;
    const std::function<void()> busy = [&] {
        for (std::size_t i = 0; i < each_turn; ++i, ++posted) {
            strand->post([&] { ++ran; });
        }
        most_waiting = std::max(most_waiting, posted - ran);
        if (posted < 1000 * each_turn) {
            runtime.pool().post(busy);
        }
    };
    runtime.pool().post(busy);
    runtime.run_ready();
    BOOST_TEST(ran == 1000 * each_turn);
    BOOST_TEST(most_waiting < 50 * each_turn);
}

BOOST_AUTO_TEST_CASE(a_strand_with_much_to_do_lets_others_have_their_turn) {
    bus::SimulatedRuntime runtime;
    const auto strand = std::make_shared<bus::Strand>(runtime.pool());
    int ran = 0;
    for (int i = 0; i < 10'000; ++i) {
        strand->post([&] { ++ran; });
    }
    int before_the_other = 0;
    runtime.pool().post([&] { before_the_other = ran; });
    runtime.run_ready();
    BOOST_TEST(ran == 10'000);
    BOOST_TEST(before_the_other < 10'000);
}

BOOST_AUTO_TEST_CASE(what_a_task_held_is_destroyed_without_a_lock) {
    bus::SimulatedRuntime runtime;
    const auto strand = std::make_shared<bus::Strand>(runtime.pool());
    bool ran = false;

    struct Last {
        std::function<void()> at_end;

        ~Last() { at_end(); }
    };

    auto last = std::make_shared<Last>();
    last->at_end = [&] { strand->post([&] { ran = true; }); };
    strand->post([held = std::move(last)] {});
    runtime.run_ready();
    BOOST_TEST(ran);
}

BOOST_AUTO_TEST_CASE(a_strand_says_when_it_is_idle) {
    bus::SimulatedRuntime runtime;
    int idle = 0;
    const auto strand = std::make_shared<bus::Strand>(runtime.pool(), [&] { ++idle; });
    BOOST_TEST(strand->idle());
    strand->post([] {});
    strand->post([&] { strand->post([] {}); });
    BOOST_TEST(!strand->idle());
    runtime.run_ready();
    BOOST_TEST(strand->idle());
    BOOST_TEST(idle == 1);
}

BOOST_AUTO_TEST_CASE(tasks_of_a_strand_never_run_at_the_same_time) {
    std::atomic<int> inside{0};
    std::atomic<int> most{0};
    int ran = 0; // no atomic: the strand alone must keep it whole
    {
        bus::SystemRuntime runtime{4};
        const auto strand = std::make_shared<bus::Strand>(runtime.pool());
        for (int i = 0; i < 1000; ++i) {
            strand->post([&] {
                most = std::max(most.load(), ++inside);
                ++ran;
                --inside;
            });
        }
    }
    BOOST_TEST(most == 1);
    BOOST_TEST(ran == 1000);
}

BOOST_AUTO_TEST_SUITE_END()
