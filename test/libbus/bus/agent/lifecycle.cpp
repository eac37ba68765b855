// Adding and removing agents: A3, A11 from within, A12 on threads, A13 at start and stop.
#include "test/libbus/bus/agent/solo.hpp"
#include <bus/bus.hpp>
#include <bus/observers.hpp>
#include <bus/runtime/system_runtime.hpp>
#include <bus/store/memory_store.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <latch>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using test::ping;
using test::PingEvent;
using test::pong;
using test::PongEvent;
using test::scripted;
using test::Solo;

namespace {

/// Writes down what happens to it.
class Diary final : public bus::Agent {
public:
    Diary(std::string name, std::string& diary) : Agent{std::move(name)}, diary_{diary} {
        on<PingEvent>([this](const PingEvent&) { diary_ += "step "; });
    }

    void on_start() override {
        diary_ += "start ";
        if (fails_at_start) {
            throw std::runtime_error{"no licence"};
        }
    }

    void on_stop() override {
        diary_ += "stop ";
        if (fails_at_stop) {
            throw std::runtime_error{"stuck"};
        }
    }

    bool fails_at_start = false;
    bool fails_at_stop = false;

private:
    std::string& diary_;
};

std::vector<bus::BusOptions> with_and_without_store() {
    const auto runtime = std::make_shared<bus::SimulatedRuntime>();
    return {{runtime, nullptr}, {runtime, std::make_shared<bus::MemoryStore>()}};
}

} // namespace

BOOST_AUTO_TEST_SUITE(lifecycle)

BOOST_AUTO_TEST_CASE(A13_an_agent_is_started_before_its_first_step_and_stopped_after_its_last) {
    for (const bus::BusOptions& options : with_and_without_store()) {
        std::string diary;
        bus::Bus bus{options};
        bus.emplace<Diary>("diary", diary);
        bus.publish(ping("x"));
        bus.wait_idle();
        bus.stop(bus::Stop::drain);
        bus.stop(bus::Stop::now);
        BOOST_TEST(diary == "start step stop ");
    }
}

BOOST_AUTO_TEST_CASE(A13_an_agent_that_fails_to_start_is_not_added_and_the_others_go_on) {
    for (const bus::BusOptions& options : with_and_without_store()) {
        std::string diary;
        std::string other_diary;
        {
            bus::Bus bus{options};
            bus.emplace<Diary>("other", other_diary);
            auto agent = std::make_unique<Diary>("diary", diary);
            agent->fails_at_start = true;
            BOOST_CHECK_EXCEPTION(bus.add(std::move(agent)), std::runtime_error,
                                  [](const std::runtime_error& error) {
                                      try {
                                          std::rethrow_if_nested(error);
                                      } catch (const std::runtime_error& nested) {
                                          return std::string{nested.what()} == "no licence" &&
                                                 std::string{error.what()} ==
                                                     "agent diary could not start: no licence";
                                      }
                                      return false;
                                  });
            BOOST_TEST(bus.status().size() == 1U);
            bus.publish(ping("x"));
            bus.wait_idle();
            bus.emplace<Diary>("diary", diary); // the name is free
        }
        BOOST_TEST(other_diary == "start step stop ");
    }
}

BOOST_AUTO_TEST_CASE(A13_an_exception_of_on_stop_is_reported) {
    for (const bus::BusOptions& options : with_and_without_store()) {
        std::string diary;
        std::string trouble;
        bus::Bus bus{options};
        bus::Observers observers{bus};
        observers.trouble.connect([&](std::string_view what) { trouble = what; });
        auto agent = std::make_unique<Diary>("diary", diary);
        agent->fails_at_stop = true;
        bus.add(std::move(agent));
        bus.stop(bus::Stop::now);
        BOOST_TEST(trouble == "agent diary: on_stop failed: stuck");
    }
}

BOOST_AUTO_TEST_CASE(A3_events_that_wait_for_a_removed_agent_are_not_handled_but_counted) {
    const auto runtime = std::make_shared<bus::SimulatedRuntime>();
    int handled = 0;
    auto agent = scripted("leaving");
    agent->settings().retry = test::every(1h, 5);
    agent->handles<PingEvent>([&](const PingEvent& event, bus::Context&) {
        ++handled;
        if (event.name == "fails") {
            throw std::runtime_error{"later"};
        }
    });
    Solo solo{std::move(agent), runtime};
    solo.runner->offer(ping("fails", 1), true);
    solo.runner->offer(ping("fails", 2), true); // parked behind it
    runtime->run_ready();
    for (int i = 0; i < 5; ++i) {
        solo.runner->offer(ping("x", i), true);
    }
    solo.runner->remove();
    solo.runner->offer(ping("late"), true);
    runtime->run_until_idle();
    BOOST_TEST(handled == 1);
    const bus::AgentStatus status = solo.runner->status();
    BOOST_TEST(status.dropped == 8U);
    BOOST_TEST(status.queued + status.parked + status.retrying == 0U);
    BOOST_TEST(solo.runner->idle());
}

BOOST_AUTO_TEST_CASE(A3_removal_returns_when_the_running_step_has_ended) {
    std::latch entered{1};
    std::atomic<bool> may_end{false};
    std::atomic<bool> ended{false};
    auto agent = scripted("leaving");
    agent->handles<PingEvent>([&](const PingEvent&, bus::Context&) {
        entered.count_down();
        while (!may_end) {
            std::this_thread::yield();
        }
        ended = true;
    });
    Solo solo{std::move(agent), std::make_shared<bus::SystemRuntime>()};
    solo.runner->offer(ping("x"), true);
    entered.wait();
    solo.runner->offer(ping("x"), true);
    std::thread remover{[&] {
        solo.runner->remove();
        BOOST_TEST(ended.load());
    }};
    may_end = true;
    remover.join();
    BOOST_TEST(solo.runner->status().finished + solo.runner->status().dropped == 2U);
}

BOOST_AUTO_TEST_CASE(A3_a_step_may_remove_its_own_agent_and_two_may_remove_each_other) {
    for (int round = 0; round < 200; ++round) {
        const auto runtime = std::make_shared<bus::SystemRuntime>(2);
        std::latch both{2};
        std::array<bus::MailboxRunner*, 2> runners{};
        std::array<std::string, 2> diaries;
        const auto make = [&](std::size_t mine) {
            auto agent = scripted("agent " + std::to_string(mine));
            agent->handles<PingEvent>([&, mine](const PingEvent&, bus::Context&) {
                both.arrive_and_wait();
                runners.at(1 - mine)->remove();
                runners.at(mine)->remove();
            });
            return agent;
        };
        Solo one{make(0), runtime};
        Solo two{make(1), runtime};
        runners = {one.runner.get(), two.runner.get()};
        for (Solo* solo : {&one, &two}) {
            solo->runner->offer(ping("x"), true);
            solo->runner->offer(ping("x"), true);
        }
        for (Solo* solo : {&one, &two}) {
            BOOST_REQUIRE(solo->hub->wait([&] { return solo->runner->idle(); }, 60s));
            solo->runner->remove(); // again, from a thread that can wait
            const bus::AgentStatus status = solo->runner->status();
            BOOST_TEST(status.finished == 1U);
            BOOST_TEST(status.dropped == 1U);
        }
    }
}

BOOST_AUTO_TEST_CASE(A11_a_step_may_stop_its_own_agent_and_on_stop_runs_after_the_step) {
    for (const bool threads : {false, true}) {
        std::string diary;
        bus::MailboxRunner* runner = nullptr;

        class Stopping final : public bus::Agent {
        public:
            Stopping(bus::MailboxRunner*& runner, std::string& diary)
                : Agent{"stopping"}, diary_{diary} {
                on<PingEvent>([&](const PingEvent&) {
                    runner->stop();
                    diary += "step ";
                });
            }

            void on_stop() override { diary_ += "stop "; }

        private:
            std::string& diary_;
        };

        std::shared_ptr<bus::Runtime> runtime = std::make_shared<bus::SimulatedRuntime>();
        if (threads) {
            runtime = std::make_shared<bus::SystemRuntime>(1);
        }
        Solo solo{std::make_unique<Stopping>(runner, diary), runtime};
        runner = solo.runner.get();
        solo.runner->offer(ping("x"), true);
        solo.runner->offer(ping("x"), true);
        BOOST_TEST(solo.hub->wait([&] { return solo.runner->idle(); }, 60s));
        solo.runner->stop();
        BOOST_TEST(diary == "step stop ");
        const bus::AgentStatus status = solo.runner->status();
        BOOST_TEST(status.queued + status.dropped == 1U); // it came before or after the stop
    }
}

BOOST_AUTO_TEST_CASE(A12_agents_added_while_events_flow_get_everything_published_afterwards) {
    bus::Bus bus;
    std::atomic<bool> over{false};
    std::atomic<std::int64_t> published{0};
    std::thread publisher{[&] {
        while (!over) {
            bus.publish(ping("x", ++published));
        }
    }};

    struct Seen {
        std::int64_t first = 0;
        std::int64_t last = 0;
        bool gap = false;
    };

    std::vector<Seen> seen(40);
    for (std::size_t i = 0; i < seen.size(); ++i) {
        auto agent = scripted("agent " + std::to_string(i));
        agent->handles<PingEvent>([&mine = seen[i]](const PingEvent& event, bus::Context&) {
            mine.first = mine.first == 0 ? event.number : mine.first;
            mine.gap = mine.gap || (mine.last != 0 && event.number != mine.last + 1);
            mine.last = event.number;
        });
        bus.add(std::move(agent));
        const std::int64_t then = published + 1; // may be in progress; the next one cannot be
        while (published <= then) {
            std::this_thread::yield();
        }
        BOOST_TEST(bus.status().back().name == "agent " + std::to_string(i));
    }
    over = true;
    publisher.join();
    BOOST_TEST(bus.wait_idle(60s));
    for (const Seen& one : seen) {
        BOOST_TEST(!one.gap);
        BOOST_TEST(one.last == published);
    }
}

BOOST_AUTO_TEST_SUITE_END()
