// Threads that end inside a handler, by pthread_exit() or pthread_cancel(): the unwinding passes
// through the bus, and the bus stays intact.
#include "test/support/bus_events.hpp"
#include <bus/bus.hpp>
#include <bus/observers.hpp>

#include <boost/test/unit_test.hpp>
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <latch>

using test::ping;
using test::PingEvent;
using test::pong;
using test::PongEvent;

namespace {

/// Runs `work` on a thread that may end in the middle of it, and gives the thread to `meanwhile`.
/// True if `work` did not reach its end.
bool ended_early(std::function<void()> work, const std::function<void(pthread_t)>& meanwhile = {}) {
    struct Job {
        std::function<void()> work;
        std::atomic<bool> done{false};
    } job{.work = std::move(work)};

    pthread_t thread{};
    BOOST_REQUIRE(pthread_create(
                      &thread, nullptr,
                      [](void* argument) -> void* {
                          auto& mine = *static_cast<Job*>(argument);
                          mine.work();
                          mine.done = true;
                          return nullptr;
                      },
                      &job) == 0);
    if (meanwhile) {
        meanwhile(thread);
    }
    BOOST_REQUIRE(pthread_join(thread, nullptr) == 0);
    return !job.done;
}

/// Sets a flag when it is destroyed.
struct Mark {
    explicit Mark(bool& g) : gone{g} {}

    Mark(const Mark&) = delete;
    Mark& operator=(const Mark&) = delete;

    ~Mark() { gone = true; }

    bool& gone;
};

} // namespace

BOOST_AUTO_TEST_SUITE(thread_end)

BOOST_AUTO_TEST_CASE(D28_a_thread_may_end_in_a_handler_and_its_objects_are_destroyed) {
    bus::Bus bus;
    bool gone = false;
    int later = 0;
    auto ends = bus.subscribe<PingEvent>([&](const PingEvent&) {
        const Mark mark{gone};
        pthread_exit(nullptr);
    });
    const auto behind = bus.subscribe<PingEvent>([&](const PingEvent&) { ++later; });
    BOOST_TEST(ended_early([&] { bus.publish(ping("a")); }));
    BOOST_TEST(gone);
    BOOST_TEST(later == 0); // the publish ended with its thread
    ends.unsubscribe();     // nobody runs it any more
    BOOST_TEST(bus.publish(ping("b")).handlers.handled == 1U);
    BOOST_TEST(later == 1);
}

BOOST_AUTO_TEST_CASE(D28_a_thread_may_be_cancelled_in_a_handler) {
    bus::Bus bus;
    bool gone = false;
    std::latch inside{1};
    auto waits = bus.subscribe<PingEvent>([&](const PingEvent&) {
        const Mark mark{gone};
        inside.count_down();
        for (;;) {
            pause(); // a cancellation ends the thread here
        }
    });
    BOOST_TEST(ended_early([&] { bus.publish(ping("a")); },
                           [&](pthread_t thread) {
                               inside.wait();
                               BOOST_TEST(pthread_cancel(thread) == 0);
                           }));
    BOOST_TEST(gone);
    waits.unsubscribe();
    BOOST_TEST(bus.publish(ping("b")).handlers.handled == 0U);
}

BOOST_AUTO_TEST_CASE(D28_a_thread_may_end_in_a_nested_dispatch_in_a_filter_and_under_observers) {
    bus::Bus bus;
    bus::Observers observers{bus};
    int published = 0;
    observers.published.connect([&](const bus::DomainEvent&) { ++published; });
    auto outer = bus.subscribe<PingEvent>([&](const PingEvent&) { bus.publish(pong("a")); });
    auto inner = bus.subscribe<PongEvent>([](const PongEvent&) {},
                                          [](const PongEvent&) -> bool { pthread_exit(nullptr); },
                                          {.once = true});
    BOOST_TEST(ended_early([&] { bus.publish(ping("a")); }));
    BOOST_TEST(published == 2);
    outer.unsubscribe();
    inner.unsubscribe();
    bus.publish(ping("b"));
    BOOST_TEST(published == 3);
}

BOOST_AUTO_TEST_SUITE_END()
