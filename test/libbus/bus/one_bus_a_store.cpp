// A store takes one bus at a time.
#include "test/libbus/bus/store/backends.hpp"
#include "test/support/bus_events.hpp"
#include "test/support/scripted_agent.hpp"
#include "test/support/troubled_store.hpp"
#include <bus/bus.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <latch>
#include <stdexcept>
#include <thread>

using namespace std::chrono_literals;
using test::ping;

namespace {

struct InMemory {
    std::shared_ptr<bus::EventStore> store = std::make_shared<bus::MemoryStore>();

    [[nodiscard]] static std::string damage() { return {}; }
};

struct InFile {
    test::TempFolder folder;
    std::shared_ptr<bus::EventStore> store =
        bus::SqliteStore::open({.path = folder.path() / "orders.db"});

    [[nodiscard]] std::string damage() const {
        return test::SqliteBackend::damage_of_backup(folder.path() / "orders.db");
    }
};

using Stores = std::tuple<InMemory, InFile>;

/// The message of the std::logic_error that the constructor of a bus throws; empty if it throws
/// none.
std::string refusal_of(const std::shared_ptr<bus::EventStore>& store) {
    try {
        const bus::Bus bus{{.store = store}};
    } catch (const std::logic_error& error) {
        return error.what();
    }
    return {};
}

class Counter : public bus::Agent {
public:
    explicit Counter(std::atomic<int>& handled) : Agent{"counter"} {
        on<test::PingEvent>([&handled](const test::PingEvent&, bus::Context& context) {
            context.set_state("n", context.state<std::int64_t>("n").value_or(0) + 1);
            ++handled;
        });
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(one_bus_a_store)

BOOST_AUTO_TEST_CASE_TEMPLATE(S16_a_second_bus_is_refused_with_the_name_of_the_store, Place,
                              Stores) {
    const Place place;
    std::atomic<int> handled{0};
    bus::Bus first{{.store = place.store}};
    first.emplace<Counter>(handled);
    first.publish(ping("a"));
    const std::string refusal = refusal_of(place.store);
    BOOST_TEST(test::contains(refusal, place.store->description()), refusal);
    BOOST_TEST(test::contains(refusal, "one at a time"), refusal);
    for (int i = 0; i < 20; ++i) { // and the first bus still works
        first.publish(ping("b"));
    }
    BOOST_TEST(first.wait_idle(10s));
    BOOST_TEST(handled == 21);
    BOOST_TEST(place.store->last_position() == 21U);
    BOOST_TEST(place.damage() == "");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S16_two_decorators_around_one_store_count_as_one_store, Place,
                              Stores) {
    const Place place;
    const auto decorated = std::make_shared<test::TroubledStore>(place.store);
    const auto twice = std::make_shared<test::TroubledStore>(decorated);
    const auto beside = std::make_shared<test::TroubledStore>(place.store);
    {
        bus::Bus first{{.store = twice}};
        for (const std::shared_ptr<bus::EventStore>& other :
             std::vector<std::shared_ptr<bus::EventStore>>{decorated, beside, place.store}) {
            BOOST_TEST(!refusal_of(other).empty());
        }
        first.publish(ping("a"));
    }
    BOOST_TEST(refusal_of(beside) == "");
    BOOST_TEST(place.damage() == "");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S16_one_bus_after_the_other_works, Place, Stores) {
    const Place place;
    std::atomic<int> handled{0};
    for (int turn = 0; turn < 5; ++turn) {
        bus::Bus bus{{.store = place.store}};
        bus.emplace<Counter>(handled);
        bus.publish(ping("a", turn));
        BOOST_TEST(bus.wait_idle(10s));
    }
    BOOST_TEST(handled == 5);
    BOOST_TEST(place.store->last_position() == 5U);
    BOOST_TEST(place.damage() == "");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S16_a_bus_that_has_stopped_makes_room_for_the_next, Place, Stores) {
    const Place place;
    std::atomic<int> handled{0};
    bus::Bus first{{.store = place.store}};
    first.emplace<Counter>(handled);
    first.publish(ping("a"));
    const bus::TimerHandle timer = first.schedule(std::chrono::hours{1}, ping("later"));
    first.stop(bus::Stop::drain);
    first.stop(bus::Stop::now);       // does not make room twice
    BOOST_TEST(first.prune(0) == 0U); // nobody else is there
    {
        bus::Bus second{{.store = place.store}};
        BOOST_TEST(!refusal_of(place.store).empty());
        second.emplace<Counter>(handled);
        second.publish(ping("a"));
        BOOST_TEST(second.wait_idle(10s));
        // Otherwise, what the first one can still write would come in between.
        BOOST_CHECK_THROW(first.prune(1), std::logic_error);
        BOOST_CHECK_THROW(first.forget("nobody"), std::logic_error);
        BOOST_CHECK_THROW(first.cancel(timer), std::logic_error);
    }
    BOOST_TEST(first.cancel(timer)); // the second one has gone
    BOOST_TEST(handled == 2);
    BOOST_TEST(place.store->timers({}, 0, 10).empty());
    BOOST_TEST(place.damage() == "");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S16_a_bus_that_could_not_be_made_keeps_no_store, Place, Stores) {
    const Place place;
    const auto troubled = std::make_shared<test::TroubledStore>(place.store);
    troubled->unreadable = true;
    BOOST_CHECK_THROW(bus::Bus({.store = troubled}), bus::StoreError);
    troubled->unreadable = false;
    bus::Bus bus{{.store = troubled}};
    bus.publish(ping("a"));
    BOOST_TEST(place.store->last_position() == 1U);
    BOOST_TEST(place.damage() == "");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S16_if_threads_race_for_a_store_one_gets_it, Place, Stores) {
    constexpr int racers = 4;
    const Place place;
    for (int round = 0; round < 20; ++round) {
        std::latch start{racers};
        std::latch made{racers};
        std::atomic<int> winners{0};
        std::atomic<int> losers{0};
        std::vector<std::thread> threads;
        for (int i = 0; i < racers; ++i) {
            threads.emplace_back([&] {
                start.arrive_and_wait();
                std::unique_ptr<bus::Bus> bus;
                try {
                    bus = std::make_unique<bus::Bus>(bus::BusOptions{.store = place.store});
                    ++winners;
                } catch (const std::logic_error&) {
                    ++losers;
                }
                made.arrive_and_wait();
                if (bus) {
                    bus->publish(ping("won"));
                }
            });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
        BOOST_TEST(winners == 1);
        BOOST_TEST(losers == racers - 1);
    }
    BOOST_TEST(place.store->last_position() == 20U);
    BOOST_TEST(place.damage() == "");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S16_tools_commit_without_a_bus_as_usual, Place, Stores) {
    const Place place;
    test::append(*place.store, test::event(1));
    { const bus::Bus bus{{.store = place.store}}; }
    test::append(*place.store, test::event(2));
    BOOST_TEST(place.store->last_position() == 2U);
    BOOST_TEST(place.damage() == "");
}

BOOST_AUTO_TEST_SUITE_END()
