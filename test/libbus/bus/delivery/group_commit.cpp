// Everything that arrives during a commit shares the next commit.
#include "test/libbus/bus/delivery/stored_world.hpp"
#include "test/support/troubled_store.hpp"
#include <bus/runtime/system_runtime.hpp>

#include <condition_variable>
#include <mutex>
#include <thread>

using namespace std::chrono_literals;
using test::ping;
using test::PingEvent;
using test::pong;
using test::PongEvent;

namespace {

/// A bus with two agents that answer each ping, and with four threads. After begin_to_count(), its
/// commits are held: the first until `posted`, the third until `steps_ended`.
class HeldCommits {
public:
    HeldCommits() {
        troubled->fails_next = [this] {
            std::unique_lock lock{mutex};
            if (counting) {
                ++commits;
                changed.notify_all();
                if (commits == 1) {
                    wait(lock, [this] { return posted; });
                } else if (commits == 3) {
                    wait(lock, [this] { return steps_ended; });
                }
            }
            return false;
        };
        troubled->after_commit = [this] {
            const std::lock_guard lock{mutex};
            if (counting) {
                ends.push_back(memory->last_position());
                if (commits == 2) {
                    live->post(pong("third", 0)); // waits before any step has been told to run
                }
            }
        };
        live.emplace(bus::BusOptions{std::make_shared<bus::SystemRuntime>(threads), troubled});
        for (const char* name : {"one", "two"}) {
            auto agent = test::scripted(name);
            agent->handles<PingEvent, PongEvent>([this](const PingEvent& event,
                                                        bus::Context& context) {
                context.publish(pong(event.name, event.number));
                std::unique_lock lock{mutex};
                if (counting) {
                    wait(lock, [this] { return commits >= 3; }); // no step shares an earlier one
                    ++handled;
                    changed.notify_all();
                }
            });
            live->add(std::move(agent));
        }
        live->publish(ping("first of all")); // commits what agents note when they begin
        in_time = live->wait_idle(30s);
    }

    template <class Done>
    void wait(std::unique_lock<std::mutex>& lock, Done done) {
        in_time = changed.wait_for(lock, 10s, done) && in_time;
    }

    template <class Done>
    void wait(Done done) {
        std::unique_lock lock{mutex};
        wait(lock, done);
    }

    void set(bool& flag, bool value = true) {
        const std::lock_guard lock{mutex};
        flag = value;
        changed.notify_all();
    }

    /// Occupies all threads of the pool at once with tasks, so that none is in a step any more.
    void meet_the_pool() {
        for (unsigned i = 0; i < threads; ++i) {
            live->runtime().pool().post([this] {
                std::unique_lock lock{mutex};
                ++met;
                changed.notify_all();
                wait(lock, [this] { return met == threads; });
            });
        }
        wait([this] { return met == threads; });
    }

    static constexpr unsigned threads = 4;
    std::shared_ptr<bus::MemoryStore> memory = std::make_shared<bus::MemoryStore>();
    std::shared_ptr<test::TroubledStore> troubled = std::make_shared<test::TroubledStore>(memory);
    std::mutex mutex;
    std::condition_variable changed;
    bool counting = false;
    bool posted = false;
    bool steps_ended = false;
    bool in_time = true; // checked at the end: Boost.Test is for one thread only
    int commits = 0;
    int handled = 0;
    unsigned met = 0;
    std::vector<bus::Position> ends; // the last position after each commit
    std::optional<bus::Bus> live;
};

} // namespace

BOOST_AUTO_TEST_SUITE(group_commit)

BOOST_AUTO_TEST_CASE(posts_of_many_threads_and_steps_of_many_agents_share_a_commit) {
    constexpr int posts_of_a_thread = 25;
    HeldCommits world;
    const bus::Position before = world.memory->last_position();
    world.set(world.counting);
    world.live->post(pong("first", 0));
    world.wait([&] { return world.commits == 1; });
    std::vector<std::thread> publishers;
    for (int thread = 0; thread < 4; ++thread) {
        publishers.emplace_back([&world, thread] {
            for (int i = 0; i < posts_of_a_thread; ++i) {
                world.live->post(ping("thread " + std::to_string(thread), i));
            }
        });
    }
    for (std::thread& publisher : publishers) {
        publisher.join();
    }
    world.set(world.posted);
    world.wait([&] { return world.handled == 200; });
    world.meet_the_pool();
    world.set(world.steps_ended);
    BOOST_TEST(world.live->wait_idle(30s));
    world.set(world.counting, false); // do not count what the end commits
    world.live.reset();
    BOOST_TEST(world.in_time);
    // A commit that is held, then one of all posts, another that is held, and one of all steps of
    // both agents.
    const std::vector<bus::Position> expected{before + 1, before + 101, before + 102, before + 302};
    BOOST_TEST(world.ends == expected, boost::test_tools::per_element());
    for (const char* name : {"one", "two"}) {
        BOOST_TEST(world.memory->agent(name)->finished == 101U);
    }
}

BOOST_AUTO_TEST_SUITE_END()
