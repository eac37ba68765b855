// Threads that wait for one commit; mainly for the thread sanitizer.
#include <bus/store/internal/commit_bell.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <barrier>
#include <memory>
#include <thread>
#include <vector>

BOOST_AUTO_TEST_SUITE(commit_bell)

BOOST_AUTO_TEST_CASE(a_wait_before_or_after_the_ring_returns_and_sees_the_result) {
    constexpr int waiters = 5;
    constexpr int rounds = 3'000;
    std::unique_ptr<bus::internal::CommitBell> bell;
    int result = 0; // guarded by the bell alone
    std::atomic<int> wrong{0};
    std::barrier together{waiters + 1};
    std::vector<std::thread> threads;
    for (int i = 0; i < waiters; ++i) {
        threads.emplace_back([&, i] {
            for (int round = 1; round <= rounds; ++round) {
                together.arrive_and_wait();
                for (int late = 0; late < (round + i) % 4; ++late) {
                    std::this_thread::yield();
                }
                bell->wait();
                wrong += result == round ? 0 : 1;
                together.arrive_and_wait();
            }
        });
    }
    for (int round = 1; round <= rounds; ++round) {
        bell = std::make_unique<bus::internal::CommitBell>();
        together.arrive_and_wait();
        for (int late = 0; late < round % 3; ++late) {
            std::this_thread::yield();
        }
        result = round;
        bell->ring();
        together.arrive_and_wait();
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_SUITE_END()
