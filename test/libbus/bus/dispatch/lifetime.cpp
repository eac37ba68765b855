// What may be destroyed while it is in use: the bus in a handler (D5), the object that a handler is
// tied to (D17), the captures of the handler.
#include "test/support/bus_events.hpp"
#include "test/support/scripted_agent.hpp"
#include <bus/bus.hpp>
#include <bus/observers.hpp>
#include <bus/store/memory_store.hpp>

#include <boost/test/unit_test.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using test::ping;
using test::PingEvent;
using test::pong;
using test::PongEvent;

namespace {

/// The standard error of a child process that died of SIGABRT; empty if it did not die of that.
std::string last_words(const std::function<void()>& deed) {
    std::array<int, 2> ends{};
    BOOST_REQUIRE(pipe(ends.data()) == 0);
    const pid_t child = fork();
    BOOST_REQUIRE(child >= 0);
    if (child == 0) {
        std::signal(SIGABRT, SIG_DFL); // Boost.Test reports it otherwise
        dup2(ends[1], STDERR_FILENO);
        deed();
        _exit(0);
    }
    close(ends[1]);
    std::string words;
    std::array<char, 512> buffer{};
    for (ssize_t got = 0; (got = read(ends[0], buffer.data(), buffer.size())) > 0;) {
        words.append(buffer.data(), static_cast<std::size_t>(got));
    }
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT ? words : std::string{};
}

} // namespace

BOOST_AUTO_TEST_SUITE(lifetime)

BOOST_AUTO_TEST_CASE(D5_a_bus_destroyed_in_a_handler_skips_the_rest_and_its_publish_returns) {
    auto bus = std::make_unique<bus::Bus>();
    std::string seen;
    const auto first = bus->subscribe<PingEvent>([&](const PingEvent&) { seen += '1'; });
    const auto second = bus->subscribe<PingEvent>([&, text = std::string(100, 'x')](const auto&) {
        bus.reset();
        seen += text.front(); // the captures of the handler live until it returns
    });
    const auto third = bus->subscribe<PingEvent>([&](const PingEvent&) { seen += '3'; });
    const auto report = bus->publish(ping("a"));
    BOOST_TEST(seen == "1x");
    BOOST_TEST(report.handlers.handled == 2U);
    BOOST_TEST(!first.active());
    BOOST_TEST(!third.active());
}

BOOST_AUTO_TEST_CASE(D5_a_bus_destroyed_in_a_nested_dispatch_skips_the_rest_of_the_outer_one_too) {
    auto bus = std::make_unique<bus::Bus>();
    std::string seen;
    const auto destroyer = bus->subscribe<PongEvent>([&](const PongEvent&) { bus.reset(); });
    const auto outer = bus->subscribe<PingEvent>([&](const PingEvent&) {
        bus->publish(pong("a"));
        seen += 'o';
    });
    const auto later = bus->subscribe<PingEvent>([&](const PingEvent&) { seen += 'l'; });
    bus->publish(ping("a"));
    BOOST_TEST(seen == "o");
}

BOOST_AUTO_TEST_CASE(D5_a_subscription_kept_by_its_own_handler_ends_with_the_bus) {
    const auto captured = std::make_shared<int>(1);
    auto bus = std::make_unique<bus::Bus>();
    const auto self = std::make_shared<bus::Subscription>();
    *self = bus->subscribe<PingEvent>([&, captured, self](const PingEvent&) { bus.reset(); });
    bus->publish(ping("a"));
    BOOST_TEST(captured.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(D5_a_bus_with_a_store_must_be_stopped_before_a_handler_destroys_it) {
    const std::string words = last_words([] {
        auto store = std::make_shared<bus::MemoryStore>();
        auto bus = std::make_unique<bus::Bus>(bus::BusOptions{nullptr, store});
        bus->subscribe<PingEvent>([&](const PingEvent&) { bus.reset(); }).release();
        bus->publish(ping("a"));
    });
    BOOST_TEST(words.find("call stop() first") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(D5_a_bus_with_agents_must_be_stopped_before_a_handler_destroys_it) {
    const std::string words = last_words([] {
        auto bus = std::make_unique<bus::Bus>();
        bus->add(test::scripted("idle"));
        bus->subscribe<PingEvent>([&](const PingEvent&) { bus.reset(); }).release();
        bus->publish(ping("a"));
    });
    BOOST_TEST(words.find("call stop() first") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(D5_a_bus_may_be_destroyed_by_a_publish_in_a_watched_filter_or_in_a_slot) {
    for (const bool by_slot : {false, true}) {
        auto bus = std::make_unique<bus::Bus>();
        bus::Observers observers{*bus};
        int unhandled = 0;
        observers.unhandled.connect([&](const bus::DomainEvent&) { ++unhandled; });
        const auto destroyer = bus->subscribe<PongEvent>([&](const PongEvent&) { bus.reset(); });
        const auto publish = [&] {
            if (bus) {
                bus->publish(pong("a"));
            }
        };
        const auto filtered =
            bus->subscribe<PingEvent>([](const PingEvent&) { BOOST_ERROR("called"); },
                                      [&](const PingEvent&) {
                                          publish();
                                          return false;
                                      });
        if (by_slot) {
            observers.published.connect([&](const bus::DomainEvent& event) {
                if (event.event_type() == "PingEvent") {
                    publish();
                }
            });
        }
        const auto report = bus->publish(ping("a"));
        BOOST_TEST(report.handlers.handled == 0U);
        BOOST_TEST(!bus);
        BOOST_TEST(unhandled == (by_slot ? 1 : 0)); // after the slot there are no handlers
    }
}

BOOST_AUTO_TEST_CASE(D5_a_stopped_bus_with_agents_may_be_destroyed_in_a_handler) {
    auto bus = std::make_unique<bus::Bus>();
    bus->add(test::scripted("idle"));
    int calls = 0;
    const auto first = bus->subscribe<PingEvent>([&](const PingEvent&) {
        ++calls;
        bus->stop(bus::Stop::drain);
        bus.reset();
    });
    const auto second = bus->subscribe<PingEvent>([&](const PingEvent&) { ++calls; });
    bus->publish(ping("a"));
    BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_CASE(D5_a_bus_destroyed_in_a_step_of_its_own_is_refused_with_a_message) {
    const std::string words = last_words([] {
        auto bus = std::make_unique<bus::Bus>();
        auto agent = test::scripted("suicidal");
        agent->handles<PingEvent>([&](const PingEvent&, bus::Context&) { bus.reset(); });
        bus::Bus& there = *bus; // the step resets the pointer
        there.add(std::move(agent));
        there.publish(ping("a"));
        there.wait_idle();
    });
    BOOST_TEST(words.find("on one of its own workers") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(D17_a_handler_tied_to_an_object_is_not_called_after_the_object_has_gone) {
    bus::Bus bus;
    int calls = 0;
    auto object = std::make_shared<int>(7);
    const auto subscription =
        bus.subscribe<PingEvent>([&](const PingEvent&) { ++calls; }, {.tied_to = object});
    bus.publish(ping("a"));
    object.reset();
    BOOST_TEST(bus.publish(ping("a")).handlers.handled == 0U);
    BOOST_TEST(calls == 1);
    BOOST_TEST(!subscription.active());
}

BOOST_AUTO_TEST_CASE(D17_a_handler_tied_to_an_object_that_has_gone_is_never_connected) {
    bus::Bus bus;
    std::weak_ptr<int> gone = std::make_shared<int>(7);
    const auto subscription = bus.subscribe<PingEvent>(
        [](const PingEvent&) { BOOST_ERROR("called"); }, {.tied_to = gone});
    BOOST_TEST(!subscription.active());
    BOOST_TEST(bus.publish(ping("a")).handlers.handled == 0U);
}

BOOST_AUTO_TEST_CASE(D17_a_tie_to_an_object_that_nobody_owns_yet_is_refused_with_a_message) {
    struct Service : std::enable_shared_from_this<Service> {
        explicit Service(bus::Bus& bus) {
            bus.subscribe<PingEvent>([](const PingEvent&) {}, {.tied_to = weak_from_this()})
                .release();
        }
    };

    bus::Bus bus;
    BOOST_CHECK_EXCEPTION(
        std::make_shared<Service>(bus), std::invalid_argument, [](const std::exception& error) {
            const std::string said = error.what();
            return said.find(
                       "subscribe<PingEvent>: no std::shared_ptr owns the object in tied_to") == 0;
        });
    BOOST_CHECK_THROW((void)bus.subscribe<PingEvent>([](const PingEvent&) {},
                                                     {.tied_to = std::shared_ptr<int>{}}),
                      std::invalid_argument);
    BOOST_TEST(bus.publish(ping("a")).handlers.handled == 0U);
}

BOOST_AUTO_TEST_CASE(
    D17_the_object_lives_while_its_handler_runs_and_its_destructor_may_use_the_bus) {
    struct Object {
        bus::Bus& bus;
        bus::Subscription own;
        std::string& seen;

        ~Object() {
            seen += 'd';
            own.unsubscribe();
            bus.publish(pong("from a destructor"));
            const auto another = bus.subscribe<PingEvent>([](const PingEvent&) {});
        }
    };

    bus::Bus bus;
    std::string seen;
    const auto pongs = bus.subscribe<PongEvent>([&](const PongEvent&) { seen += 'p'; });
    auto object = std::make_shared<Object>(bus, bus::Subscription{}, seen);
    const std::weak_ptr<Object> watch = object;
    object->own = bus.subscribe<PingEvent>(
        [&](const PingEvent&) {
            object.reset(); // the last owner except the dispatch
            seen += watch.expired() ? 'x' : 'h';
        },
        {.tied_to = object});
    bus.publish(ping("a"));
    BOOST_TEST(seen == "hdp");
    bus.publish(ping("a"));
    BOOST_TEST(seen == "hdp");
}

BOOST_AUTO_TEST_CASE(D17_the_destructor_of_a_tied_object_may_wait_for_a_thread_that_publishes) {
    struct Owner {
        bus::Bus& bus;

        ~Owner() {
            std::thread{[this] { bus.publish(ping("from another thread")); }}.join();
        }
    };

    bus::Bus bus;
    auto object = std::make_shared<Owner>(bus);
    int calls = 0;
    bus.subscribe<PingEvent>(
           [&](const PingEvent&) {
               ++calls;
               object.reset();
           },
           {.tied_to = object})
        .release();
    bus.publish(ping("a"));
    BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_CASE(D13_a_tied_handler_that_throws_is_named_too) {
    bus::Bus bus;
    const auto object = std::make_shared<int>(1);
    const auto subscription = bus.subscribe<PingEvent>([](const PingEvent&) { throw 1; },
                                                       {.name = "tied", .tied_to = object});
    const auto report = bus.publish(ping("a"));
    BOOST_REQUIRE(report.handlers.failures.size() == 1U);
    BOOST_TEST(report.handlers.failures.front().handler == "tied");
    BOOST_TEST(report.handlers.handled == 0U);
}

BOOST_AUTO_TEST_CASE(what_a_handler_captured_is_destroyed_when_its_subscription_has_ended) {
    bus::Bus bus;
    const auto captured = std::make_shared<int>(1);
    auto outside = bus.subscribe<PingEvent>([captured](const PingEvent&) {});
    BOOST_TEST(captured.use_count() == 2);
    outside.unsubscribe();
    BOOST_TEST(captured.use_count() == 1);

    bus::Subscription inside;
    long during = 0;
    inside = bus.subscribe<PingEvent>([&, captured](const PingEvent&) {
        inside.unsubscribe();
        during = captured.use_count();
    });
    const auto once = bus.subscribe<PingEvent>([captured](const PingEvent&) {}, {.once = true});
    bus.publish(ping("a"));
    BOOST_TEST(during == 3);
    BOOST_TEST(captured.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(the_destructor_of_a_handler_may_use_the_bus) {
    bus::Bus bus;
    int pongs = 0;
    const auto counter = bus.subscribe<PongEvent>([&](const PongEvent&) { ++pongs; });
    auto says_goodbye =
        std::shared_ptr<void>{nullptr, [&](void*) { bus.publish(pong("last words")); }};
    auto subscription =
        bus.subscribe<PingEvent>([held = std::move(says_goodbye)](const PingEvent&) {});
    subscription.unsubscribe();
    BOOST_TEST(pongs == 1);
}

BOOST_AUTO_TEST_CASE(a_released_subscription_stays_for_as_long_as_the_bus) {
    const auto captured = std::make_shared<int>(1);
    int calls = 0;
    {
        bus::Bus bus;
        bus.subscribe<PingEvent>([&, captured](const PingEvent&) { ++calls; }).release();
        bus.publish(ping("a"));
    }
    BOOST_TEST(calls == 1);
    BOOST_TEST(captured.use_count() == 1);
}

BOOST_AUTO_TEST_SUITE_END()
