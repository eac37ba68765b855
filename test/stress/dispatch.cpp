// The concurrent promises of dispatch: subscriptions begin and end on some threads while others
// publish, with random timing. In sanitized builds, threads also change places inside the library,
// at the points that matter.
#include "test/support/bus_events.hpp"
#include "test/support/live_memory.hpp"
#include "test/support/stress.hpp"
#include <bus/bus.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

using test::Chance;
using test::ping;
using test::PingEvent;
using test::pong;
using test::PongEvent;

namespace {

/// The object that a handler uses. It is destroyed right after its subscription has ended. A later
/// call is found by the sanitizers, or by the mark. The mark is volatile, so that the compiler does
/// not leave out the last store to it, which is to memory that is about to be freed.
struct Target {
    Target() = default;
    Target(const Target&) = delete;
    Target& operator=(const Target&) = delete;

    ~Target() { mark = 0; }

    void use() const { too_late += mark == alive ? 0 : 1; }

    static constexpr unsigned alive = 0x600DF00D;
    static inline std::atomic<int> too_late{0};
    volatile unsigned mark = alive;
};

/// Threads that publish until they are told to stop.
class Publishers {
public:
    Publishers(bus::Bus& bus, Chance& chance, int count) {
        for (int i = 0; i < count; ++i) {
            threads_.emplace_back([this, &bus, own = chance.fork()]() mutable {
                while (!stop_) {
                    own.once_in(2) ? bus.publish(ping("x")) : bus.publish(test::LoudPingEvent{});
                    own.yield();
                }
            });
        }
    }

    Publishers(const Publishers&) = delete;
    Publishers& operator=(const Publishers&) = delete;

    ~Publishers() { stop_ = true; }

private:
    std::atomic<bool> stop_{false};
    std::vector<std::jthread> threads_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(dispatch)

BOOST_AUTO_TEST_CASE(D15_after_unsubscribe_the_handler_runs_on_no_thread_whatever_the_others_do) {
    test::stress(60, [](Chance& chance) {
        bus::Bus bus;
        const Publishers publishers{bus, chance, 2};
        std::vector<std::jthread> enders;
        for (int i = 0; i < 2; ++i) {
            enders.emplace_back([&bus, own = chance.fork()]() mutable {
                for (int k = 0; k < 50; ++k) {
                    auto target = std::make_unique<Target>();
                    auto subscription = bus.subscribe<PingEvent>(
                        [t = target.get()](const PingEvent&) {
                            t->use();
                            std::this_thread::yield();
                            t->use();
                        },
                        {.priority = static_cast<int>(own.number(3))});
                    own.yield();
                    subscription.unsubscribe();
                    target.reset();
                }
            });
        }
        enders.clear();
        BOOST_TEST(Target::too_late == 0);
    });
}

BOOST_AUTO_TEST_CASE(D16_the_last_handler_of_a_type_ends_while_all_others_publish_it) {
    test::stress(200, [](Chance& chance) {
        bus::Bus bus;
        const Publishers publishers{bus, chance, 4};
        for (int i = 0; i < 20; ++i) {
            auto target = std::make_unique<Target>();
            auto only =
                bus.subscribe<PingEvent>([t = target.get()](const PingEvent&) { t->use(); });
            chance.yield();
            only.unsubscribe();
            target.reset();
        }
    });
    BOOST_TEST(Target::too_late == 0);
}

BOOST_AUTO_TEST_CASE(D25_a_handler_ended_in_a_loop_inside_a_handler_runs_nowhere_when_released) {
    test::stress(200, [](Chance& chance) {
        bus::Bus bus;
        const Publishers publishers{bus, chance, 2};
        const auto loop = bus.subscribe<PongEvent>([&](const PongEvent&) {
            for (int i = 0; i < 100; ++i) {
                auto target = std::make_shared<Target>();
                auto only = bus.subscribe<PingEvent>([target](const PingEvent&) { target->use(); },
                                                     {.once = chance.once_in(2)});
                target
                    .reset(); // now only the handler owns it, and it is destroyed with the handler
                chance.yield();
                only.unsubscribe();
                if (chance.once_in(3)) {
                    bus.publish(test::LoudPingEvent{});
                }
            }
        });
        bus.publish(pong("x"));
    });
    BOOST_TEST(Target::too_late == 0);
}

BOOST_AUTO_TEST_CASE(D15_a_handler_ended_inside_a_dispatch_runs_nowhere_after_that_dispatch) {
    test::stress(2000, [](Chance& chance) {
        bus::Bus bus;
        auto target = std::make_unique<Target>();
        auto victim = bus.subscribe<PingEvent>([t = target.get()](const PingEvent&) {
            t->use();
            std::this_thread::yield();
            t->use();
        });
        const auto ender =
            bus.subscribe<PongEvent>([&](const PongEvent&) { victim.unsubscribe(); });
        std::jthread other{[&bus, own = chance.fork()]() mutable {
            for (int i = 0; i < 3; ++i) {
                own.yield();
                bus.publish(ping("x"));
            }
        }};
        chance.yield();
        bus.publish(pong("x"));
        target.reset();
        other.join();
        BOOST_TEST(Target::too_late == 0);
    });
}

BOOST_AUTO_TEST_CASE(D15_a_once_handler_that_ends_inside_a_dispatch_runs_nowhere_after_it) {
    // Either the call that claims it or the unsubscription in the handler comes first.
    test::stress(2000, [](Chance& chance) {
        bus::Bus bus;
        auto target = std::make_unique<Target>();
        auto victim = bus.subscribe<PingEvent>(
            [t = target.get()](const PingEvent&) {
                t->use();
                std::this_thread::yield();
                t->use();
            },
            {.once = true});
        const auto ender =
            bus.subscribe<PongEvent>([&](const PongEvent&) { victim.unsubscribe(); });
        std::vector<std::jthread> others;
        for (int i = 0; i < 2; ++i) {
            others.emplace_back([&bus, own = chance.fork()]() mutable {
                own.yield();
                bus.publish(ping("x"));
            });
        }
        chance.yield();
        bus.publish(pong("x"));
        target.reset();
        others.clear();
        BOOST_TEST(Target::too_late == 0);
    });
}

BOOST_AUTO_TEST_CASE(D16_handlers_on_many_threads_that_end_each_other_do_not_deadlock) {
    test::stress(2000, [](Chance& chance) {
        constexpr std::size_t count = 3;
        bus::Bus bus;
        std::array<bus::Subscription, count> subscriptions;
        std::latch all_in{count};
        for (std::size_t i = 0; i < count; ++i) {
            subscriptions[i] = bus.subscribe<PingEvent>(
                [&, i, own = chance.fork()](const PingEvent&) mutable {
                    all_in.arrive_and_wait();
                    own.yield();
                    subscriptions[(i + 1) % count].unsubscribe();
                },
                [i](const PingEvent& event) {
                    return static_cast<std::size_t>(event.number) == i;
                });
        }
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < count; ++i) {
            threads.emplace_back([&, i] { bus.publish(ping("x", static_cast<int>(i))); });
        }
        threads.clear();
        BOOST_TEST(bus.publish(ping("x")).handlers.handled == 0U);
    });
}

BOOST_AUTO_TEST_CASE(D17_a_tied_handler_never_runs_after_its_object_has_gone) {
    test::stress(300, [](Chance& chance) {
        bus::Bus bus;
        const Publishers publishers{bus, chance, 2};
        for (int k = 0; k < 10; ++k) {
            auto object = std::make_shared<Target>();
            bus.subscribe<PingEvent>([t = object.get()](const PingEvent&) { t->use(); },
                                     {.tied_to = object})
                .release();
            chance.yield();
            object.reset();
        }
        BOOST_TEST(Target::too_late == 0);
    });
}

BOOST_AUTO_TEST_CASE(D18_each_publish_runs_a_snapshot_in_its_order_each_handler_once) {
    test::stress(15, [](Chance& chance) {
        static thread_local int stage = 0;
        static std::atomic<int> wrong{0};
        const auto reach = [](int next) {
            return [next](const bus::DomainEvent&) {
                wrong += stage < next ? 0 : 1;
                stage = next;
            };
        };
        bus::Bus bus;
        std::atomic<bool> stop{false};
        std::vector<std::jthread> publishers;
        for (int i = 0; i < 2; ++i) {
            publishers.emplace_back([&] {
                while (!stop) {
                    stage = 0;
                    wrong += bus.publish(ping("x")).handlers.handled <= 3 ? 0 : 1;
                    std::this_thread::yield(); // without this, the two leave the changer no core
                }
            });
        }
        for (int k = 0; k < 20; ++k) {
            const auto third = bus.subscribe<bus::DomainEvent>(reach(3), {.priority = -1});
            const auto second = bus.subscribe<PingEvent>(reach(2));
            chance.yield();
            const auto first = bus.subscribe<PingEvent>(reach(1), {.priority = 1});
            chance.yield();
        }
        stop = true;
        publishers.clear();
        BOOST_TEST(wrong == 0);
        BOOST_TEST(bus.publish(ping("x")).handlers.handled == 0U);
    });
}

BOOST_AUTO_TEST_CASE(D18_threads_that_free_what_others_retired_free_nothing_that_still_runs) {
    // Several threads change the handlers of several types at once, so that one frees what another
    // one has just retired. If a snapshot was freed too early, handlers in freed memory are called.
    test::stress(40, [](Chance& chance) {
        bus::Bus bus;
        const Publishers publishers{bus, chance, 2};
        std::vector<std::jthread> changers;
        for (int i = 0; i < 3; ++i) {
            changers.emplace_back([&bus, own = chance.fork()]() mutable {
                for (int k = 0; k < 200; ++k) {
                    auto target = std::make_unique<Target>();
                    auto one = bus.subscribe<PingEvent>(
                        [t = target.get()](const PingEvent&) { t->use(); });
                    const auto two = bus.subscribe<test::LoudPingEvent>([](const auto&) {});
                    one.unsubscribe();
                    target.reset();
                    own.yield();
                }
            });
        }
        changers.clear();
        BOOST_TEST(Target::too_late == 0);
    });
}

BOOST_AUTO_TEST_CASE(D20_once_runs_once_however_many_publish) {
    test::stress(1000, [](Chance& chance) {
        bus::Bus bus;
        std::atomic<int> calls{0};
        const auto once =
            bus.subscribe<PingEvent>([&](const PingEvent&) { ++calls; }, {.once = true});
        std::vector<std::jthread> threads;
        for (int i = 0; i < 3; ++i) {
            threads.emplace_back([&bus, own = chance.fork()]() mutable {
                own.yield();
                bus.publish(ping("x"));
            });
        }
        threads.clear();
        BOOST_TEST(calls == 1);
        BOOST_TEST(!once.active());
    });
}

BOOST_AUTO_TEST_CASE(D18_a_million_subscriptions_later_the_memory_is_back_at_its_level) {
#ifdef LIBBUS_STRESS
    constexpr int rounds = 10; // sanitized; test/stress/run does a million and more
#else
    constexpr int rounds = 100;
#endif
    bus::Bus bus;
    const auto round = [&bus](Chance& chance, int subscriptions) {
        const Publishers publishers{bus, chance, 4};
        for (int k = 0; k < subscriptions; ++k) {
            const auto one = bus.subscribe<PingEvent>(
                [text = std::string(64, 'x')](const PingEvent&) {}, {.name = "one of many"});
        }
    };
    Chance warm_up{7};
    round(warm_up, 100); // memory of the threads, which stays
    const std::size_t level = test::live_memory();
    test::stress(rounds, [&](Chance& chance) { round(chance, 10'000); });
    // Only what one change leaves for the next one to free.
    BOOST_TEST(test::live_memory() <= level + 16'384U);
}

BOOST_AUTO_TEST_SUITE_END()
