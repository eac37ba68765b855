// A bus and its store belong to the process that made them. Each test forks.
#include "test/libbus/bus/store/backends.hpp"
#include "test/support/bus_events.hpp"
#include "test/support/child.hpp"
#include "test/support/needs.hpp"
#include "test/support/troubled_store.hpp"
#include <bus/bus.hpp>
#include <bus/event/codec.hpp>
#include <bus/observers.hpp>
#include <bus/runtime/polled_runtime.hpp>
#include <bus/runtime/system_environment.hpp>
#include <bus/runtime/system_runtime.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <functional>
#include <stdexcept>
#include <thread>

using namespace std::chrono_literals;
using test::ChildEnd;
using test::in_child;
using test::ping;

namespace {

class Counter : public bus::Agent {
public:
    explicit Counter(std::atomic<int>& handled) : Agent{"counter"} {
        on<test::PingEvent>([&handled](const test::PingEvent&, bus::Context& context) {
            context.set_state("n", context.state<std::int64_t>("n").value_or(0) + 1);
            ++handled;
        });
    }
};

struct NoStore {
    std::shared_ptr<bus::EventStore> store;

    [[nodiscard]] static std::string damage() { return {}; }
};

struct InMemory {
    std::shared_ptr<bus::EventStore> store = std::make_shared<bus::MemoryStore>();

    [[nodiscard]] static std::string damage() { return {}; }
};

struct InFile {
    test::TempFolder folder;
    std::filesystem::path path = folder.path() / "orders.db";
    std::shared_ptr<bus::EventStore> store = bus::SqliteStore::open({.path = path});

    [[nodiscard]] std::string damage() const { return test::SqliteBackend::damage_of_backup(path); }
};

using Places = std::tuple<NoStore, InMemory, InFile>;
using Stores = std::tuple<InMemory, InFile>;

/// A bus with everything that can be on it. A child can destroy all of it.
template <class Place>
struct Host {
    Place place;
    std::shared_ptr<bus::Runtime> runtime = std::make_shared<bus::SystemRuntime>(2);
    std::unique_ptr<bus::Bus> bus =
        std::make_unique<bus::Bus>(bus::BusOptions{.runtime = runtime, .store = place.store});
    std::atomic<int> handled{0};
    std::atomic<int> heard{0};
    bus::Subscription subscription =
        bus->subscribe<test::PongEvent>([this](const test::PongEvent&) { ++heard; });
    bus::Subscription released =
        bus->subscribe<test::PongEvent>([this](const test::PongEvent&) { ++heard; });
    std::unique_ptr<bus::Observers> observers = std::make_unique<bus::Observers>(*bus);
    std::unique_ptr<bus::Ticket> ticket;

    Host() {
        bus->emplace<Counter>(handled);
        bus->publish(ping("a"));
        ticket = std::make_unique<bus::Ticket>(bus->post(ping("b")));
        bus->wait_idle(10s);
    }

    void destroy_all() {
        ticket.reset();
        subscription = {};
        released.unsubscribe();
        observers.reset();
        bus.reset();
        place.store.reset();
        runtime.reset();
    }

    /// Checks that everything still works.
    void check_goes_on() {
        bus->publish(ping("c"));
        bus->publish(test::pong("c"));
        BOOST_TEST(bus->wait_idle(10s));
        BOOST_TEST(handled == 3);
        BOOST_TEST(heard == 2);
        BOOST_TEST(bus->stop(bus::Stop::drain).drained);
        BOOST_TEST(place.damage() == "");
    }
};

using Call = std::pair<const char*, std::function<void()>>;

/// The calls that should fail in a child of `parent`, but do not.
std::string wrong_of(const std::vector<Call>& calls, pid_t parent) {
    std::string wrong;
    for (const auto& [name, call] : calls) {
        try {
            call();
            wrong += std::string{name} + " succeeds; ";
        } catch (const std::logic_error& error) {
            const std::string said = error.what();
            const bool clear =
                test::contains(said, "does not survive fork()") &&
                test::contains(said, "made in process " + std::to_string(parent)) &&
                test::contains(said, "called in process " + std::to_string(::getpid()));
            wrong += clear ? "" : std::string{name} + " says: " + said + "; ";
        } catch (const std::exception& error) {
            wrong += std::string{name} + " throws another error: " + error.what() + "; ";
        }
    }
    return wrong;
}

std::vector<Call> calls_of(bus::Bus& bus) {
    return {
        {"publish", [&] { bus.publish(ping("x")); }},
        {"publish a transient", [&] { bus.publish(test::TransientEvent{}); }},
        {"publish what is only handled", [&] { bus.publish(test::pong("x")); }},
        {"publish with a version", [&] { bus.publish(ping("x"), {.expected_version = 0}); }},
        {"publish a record", [&] { bus.publish(bus::encode(ping("x"))); }},
        {"post", [&] { bus.post(ping("x")); }},
        {"schedule", [&] { bus.schedule(1s, ping("x")); }},
        {"cancel", [&] { bus.cancel(bus::TimerHandle{1}); }},
        {"subscribe", [&] { bus.subscribe<test::PingEvent>([](const auto&) {}).release(); }},
        {"add",
         [&] {
             static std::atomic<int> none{0};
             bus.emplace<Counter>(none);
         }},
        {"remove", [&] { bus.remove("counter"); }},
        {"poll", [&] { bus.poll(); }},
        {"retry_now", [&] { bus.retry_now("counter", 1); }},
        {"request", [&] { bus.request({.who = "me", .agent = "counter"}); }},
        {"prune", [&] { bus.prune(1); }},
        {"forget", [&] { bus.forget("counter"); }},
        {"wait_idle", [&] { bus.wait_idle(); }},
        {"idle", [&] { static_cast<void>(bus.idle()); }},
        {"stop, drained", [&] { bus.stop(bus::Stop::drain); }},
        {"stop now", [&] { bus.stop(bus::Stop::now); }},
        {"status", [&] { static_cast<void>(bus.status()); }},
        {"observe", [&] { const bus::Observers observers{bus}; }},
    };
}

std::vector<Call> calls_of(bus::EventStore& store) {
    return {
        {"commit", [&] { test::commit(store, test::part({test::event(77)})); }},
        {"last_position", [&] { static_cast<void>(store.last_position()); }},
        {"first_position", [&] { static_cast<void>(store.first_position()); }},
        {"read", [&] { static_cast<void>(store.read(0, 9)); }},
        {"read_each", [&] { store.read_each(0, 9, [](bus::StoredEvent&) {}); }},
        {"read_type", [&] { static_cast<void>(store.read_type("PingEvent", 0, 9)); }},
        {"read_execution", [&] { static_cast<void>(store.read_execution("x", 0, 9)); }},
        {"read_stream", [&] { static_cast<void>(store.read_stream("Ping", "a", 0, 9)); }},
        {"find", [&] { static_cast<void>(store.find(test::id(1))); }},
        {"agent", [&] { static_cast<void>(store.agent("counter")); }},
        {"agents", [&] { static_cast<void>(store.agents()); }},
        {"deliveries",
         [&] { static_cast<void>(store.deliveries("counter", bus::DeliveryState::dead)); }},
        {"delivery", [&] { static_cast<void>(store.delivery("counter", 1)); }},
        {"delivery_briefs", [&] { static_cast<void>(store.delivery_briefs("counter")); }},
        {"begun", [&] { static_cast<void>(store.begun("counter")); }},
        {"state", [&] { static_cast<void>(store.state("counter", "n")); }},
        {"states", [&] { static_cast<void>(store.states("counter", "")); }},
        {"timers", [&] { static_cast<void>(store.timers({}, 0, 9)); }},
        {"last_timer", [&] { static_cast<void>(store.last_timer()); }},
        {"conservation", [&] { static_cast<void>(store.conservation()); }},
        {"ask", [&] { store.ask({.who = "me", .agent = "counter"}); }},
        {"requests", [&] { static_cast<void>(store.requests(0, 9, false)); }},
        {"last_before", [&] { static_cast<void>(store.last_before({})); }},
        {"prune", [&] { store.prune(1, 1); }},
        {"forget", [&] { store.forget("counter"); }},
        {"backup", [&] { store.backup("nowhere"); }},
        {"a new bus",
         [&] {
             const bus::Bus bus{
                 {.store = std::shared_ptr<bus::EventStore>{std::shared_ptr<void>{}, &store}}};
         }},
    };
}

} // namespace

BOOST_AUTO_TEST_SUITE(forked)

BOOST_AUTO_TEST_CASE_TEMPLATE(S18_each_call_of_a_bus_fails_at_once_in_a_child, Place, Places) {
    Host<Place> host;
    const pid_t parent = ::getpid();
    BOOST_TEST(in_child([&] { return wrong_of(calls_of(*host.bus), parent); }) == "");
    BOOST_TEST(
        in_child([&] {
            return wrong_of(
                {{"wait", [&] { host.ticket->wait(); }},
                 {"poll", [&] { static_cast<void>(host.ticket->poll()); }},
                 {"error", [&] { host.ticket->error(); }},
                 {"connect", [&] { host.observers->trouble.connect([](std::string_view) {}); }},
                 {"a new bus on the runtime",
                  [&] { const bus::Bus bus{{.runtime = host.runtime}}; }}},
                parent);
        }) == "");
    host.check_goes_on();
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S18_each_call_of_a_store_fails_at_once_in_a_child, Place, Stores) {
    Host<Place> host;
    const pid_t parent = ::getpid();
    BOOST_TEST(in_child([&] { return wrong_of(calls_of(*host.place.store), parent); }) == "");
    // Through a decorator, and for a store that no bus has ever used.
    test::TroubledStore decorated{host.place.store};
    BOOST_TEST(in_child([&] { return wrong_of(calls_of(decorated), parent); }) == "");
    Place alone;
    BOOST_TEST(in_child([&] {
                   std::string wrong = wrong_of(calls_of(*alone.store), parent);
                   alone.store.reset();
                   return wrong;
               }) == "");
    test::append(*alone.store, test::event(1));
    BOOST_TEST(alone.damage() == "");
    host.check_goes_on();
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S18_destructors_do_nothing_in_a_child, Place, Places) {
    for (const ChildEnd end : {ChildEnd::at_once, ChildEnd::in_full}) {
        Host<Place> host;
        BOOST_TEST(in_child(
                       [&] {
                           host.destroy_all();
                           return std::string{"gone"};
                       },
                       end) == "gone");
        host.check_goes_on();
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S18_a_child_that_calls_exit_leaves_the_store_alone, Place, Places) {
    Host<Place> host;
    static std::unique_ptr<Host<Place>> kept; // exit() destroys it, in the child too
    kept = std::make_unique<Host<Place>>();
    BOOST_TEST(in_child([] { return std::string{"exits"}; }, ChildEnd::in_full) == "exits");
    kept->check_goes_on();
    kept.reset();
    host.check_goes_on();
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S18_each_call_of_a_bus_fails_in_a_grandchild_too, Place, Places) {
    Host<Place> host;
    const pid_t parent = ::getpid();
    BOOST_TEST(in_child([&] {
                   bus::Bus own; // a bus of its own must not make the old one valid again
                   own.publish(ping("own"));
                   return in_child([&] { return wrong_of(calls_of(*host.bus), parent); });
               }) == "");
    host.check_goes_on();
}

// The allocator of GCC 12's address sanitizer does not handle its locks when another thread forks:
// a child may wait for ever, which does not happen with the usual allocator.
BOOST_TEST_DECORATOR(*test::needs("a build without a sanitizer", [] { return !test::sanitized; }))

BOOST_AUTO_TEST_CASE_TEMPLATE(S18_forks_under_load_do_no_harm, Place, Places) {
    Host<Place> host;
    std::atomic<bool> done{false};
    std::atomic<int> published{0};
    std::vector<std::thread> publishers;
    const pid_t parent = ::getpid();
    for (int i = 0; i < 2; ++i) {
        publishers.emplace_back([&] {
            while (!done) {
                host.bus->publish(ping("load"));
                bus::Bus& bus = *host.bus;
                bus.subscribe<test::PongEvent>([](const test::PongEvent&) {}).unsubscribe();
                ++published;
            }
        });
    }
    for (int i = 0; i < 25; ++i) {
        const std::string wrong = in_child(
            [&] {
                std::string found = wrong_of(calls_of(*host.bus), parent);
                host.destroy_all();
                return found;
            },
            i % 2 == 0 ? ChildEnd::at_once : ChildEnd::in_full);
        BOOST_TEST(wrong == "");
    }
    done = true;
    for (std::thread& publisher : publishers) {
        publisher.join();
    }
    BOOST_TEST(host.bus->wait_idle(20s));
    BOOST_TEST(host.handled == 2 + published);
    BOOST_TEST(host.bus->stop(bus::Stop::drain).drained);
    BOOST_TEST(host.place.damage() == "");
}

BOOST_AUTO_TEST_CASE(S18_a_bus_in_the_hosts_own_loop_fails_too) {
    const auto runtime = std::make_shared<bus::PolledRuntime>();
    bus::Bus bus{{.runtime = runtime, .store = std::make_shared<bus::MemoryStore>()}};
    std::atomic<int> handled{0};
    bus.emplace<Counter>(handled);
    bus.post(ping("waits")); // so that something is queued
    const pid_t parent = ::getpid();
    BOOST_TEST(in_child([&] {
                   std::vector<Call> calls = calls_of(bus);
                   calls.emplace_back("poll the runtime", [&] { runtime->poll(); });
                   return wrong_of(calls, parent);
               }) == "");
    BOOST_TEST(bus.wait_idle(10s));
    BOOST_TEST(handled == 1);
}

#ifndef __SANITIZE_THREAD__ // it cannot start threads in a child
BOOST_AUTO_TEST_CASE(S18_a_child_can_have_a_bus_of_its_own) {
    Host<InFile> host;
    const std::filesystem::path own = host.place.folder.path() / "own.db";
    BOOST_TEST(in_child([&] {
                   std::atomic<int> handled{0};
                   std::shared_ptr<bus::EventStore> store = bus::SqliteStore::open({.path = own});
                   for (const auto& kept : {store, std::shared_ptr<bus::EventStore>{}}) {
                       bus::Bus bus{{.store = kept}};
                       bus.emplace<Counter>(handled);
                       std::atomic<int> heard{0};
                       bus::Subscription subscription =
                           bus.subscribe<test::PingEvent>([&](const test::PingEvent&) { ++heard; });
                       bus.publish(ping("own"));
                       bus.wait_idle(10s);
                       subscription.unsubscribe();
                       bus.publish(ping("own"));
                       bus.stop(bus::Stop::drain);
                   }
                   host.destroy_all();
                   return std::to_string(handled);
               }) == "4");
    BOOST_TEST(test::SqliteBackend::damage_of_backup(own) == "");
    host.check_goes_on();
}
#endif

BOOST_AUTO_TEST_CASE(S18_a_child_and_its_parent_draw_different_random_numbers) {
    bus::SystemEnvironment& system = bus::SystemEnvironment::instance();
    static_cast<void>(system.random()); // this thread has a generator, which the child gets too
    const auto draw = [&] { return std::to_string(system.random()); };
    const std::string of_child = in_child(draw);
    const std::string of_another = in_child(draw);
    const std::string own = draw();
    BOOST_TEST(of_child != own);
    BOOST_TEST(of_another != own);
    BOOST_TEST(of_child != of_another);
}

BOOST_AUTO_TEST_CASE(S18_a_child_that_returns_into_a_worker_ends) {
    InFile place;
    bus::Bus bus{{.store = place.store}};
    std::atomic<int> status{-1};

    class Forks : public bus::Agent {
    public:
        explicit Forks(std::atomic<int>& status) : Agent{"forks"} {
            on<test::PingEvent>([&status](const test::PingEvent&, bus::Context& context) {
                context.set_state("seen", 1);
                const pid_t child = ::fork();
                if (child == 0) {
                    ::alarm(10);
                    ::close(STDERR_FILENO); // where it says why
                    return;
                }
                int ended = 0;
                ::waitpid(child, &ended, 0);
                status = ended;
            });
        }
    };

    bus.emplace<Forks>(status);
    bus.publish(ping("a"));
    BOOST_TEST(bus.wait_idle(20s));
    BOOST_TEST(WIFEXITED(status.load()));
    BOOST_TEST(WEXITSTATUS(status.load()) == 70);
    BOOST_TEST(place.store->state("forks", "seen").has_value());
    bus.stop(bus::Stop::drain);
    BOOST_TEST(place.damage() == "");
}

BOOST_AUTO_TEST_CASE(S18_a_child_that_is_forked_in_a_plain_handler_can_end_there) {
    bus::Bus bus;
    std::string said;
    const bus::Subscription subscription =
        bus.subscribe<test::PingEvent>([&](const test::PingEvent&) {
            said = in_child([&] { return std::string{"in the handler"}; }, ChildEnd::in_full);
        });
    bus.publish(ping("a"));
    BOOST_TEST(said == "in the handler");
}

BOOST_AUTO_TEST_SUITE_END()
