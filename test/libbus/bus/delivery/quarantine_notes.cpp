// Begun notes that hold no first attempts, or that the store refuses: S11.
#include "test/libbus/bus/delivery/stored_world.hpp"
#include "test/support/troubled_store.hpp"

using namespace std::chrono_literals;
using bus::DeliveryState;
using test::ping;
using test::PingEvent;
using test::PongEvent;

namespace {

/// An agent for pongs. The key of one of them kills the process: the store accepts nothing more,
/// and the bus is destroyed.
struct DeadlyKeyWorld : test::StoredWorld {
    DeadlyKeyWorld() {
        bus.reset();
        memory = std::make_shared<bus::MemoryStore>();
        troubled = std::make_shared<test::TroubledStore>(memory);
        store = troubled;
    }

    void publish(const std::function<void(bus::Bus&)>& publish_all) {
        start();
        publish_all(*bus);
        bus->wait_idle();
        bus.reset();
    }

    void add() {
        auto agent = test::scripted("keyed");
        agent->settings().workers = 3;
        agent->settings().retry = test::every(1s, 1'000);
        agent->settings().sequence = bus::Sequence::by([this](const bus::DomainEvent& event) {
            const auto& pong = static_cast<const PongEvent&>(event);
            if (pong.number == deadly) {
                troubled->disk_full = true;
            }
            return pong.name;
        });
        agent->handles<PongEvent>([this](const PongEvent& event) {
            if (event.number >= first_failing) {
                throw bus::Failure::transient("not yet");
            }
        });
        bus->add(std::move(agent));
    }

    /// True: the event is given up.
    bool live() {
        troubled->disk_full = false;
        refused = false;
        try {
            start();
            add();
            for (int rests = 0; rests < 100 && !troubled->disk_full && !found();) {
                if (!runtime->run_one()) {
                    runtime->run_for(100ms);
                    ++rests;
                }
            }
        } catch (const std::exception&) {
            BOOST_TEST_REQUIRE(troubled->disk_full);
        }
        bus.reset();
        return found();
    }

    [[nodiscard]] bool found() const {
        return memory->deliveries("keyed", DeliveryState::dead).size() == 1U;
    }

    /// Starts the process until it no longer dies. Then that event is quarantined.
    void check_found() {
        for (int lives = 1; !live(); ++lives) {
            BOOST_TEST_REQUIRE(lives < 20);
            runtime->pass(5s); // what is to be repeated is due again
        }
        const auto dead = memory->deliveries("keyed", DeliveryState::dead);
        BOOST_TEST_REQUIRE(dead.size() == 1U);
        BOOST_TEST(dead[0].quarantined);
        const auto event = memory->read(dead[0].position - 1, 1).front();
        BOOST_TEST(static_cast<const PongEvent&>(*bus::decode(event.record)).number == deadly);
        for (const bus::Conservation& account : memory->conservation()) {
            BOOST_TEST(account.holds());
        }
    }

    std::shared_ptr<bus::MemoryStore> memory;
    std::shared_ptr<test::TroubledStore> troubled;
    std::int64_t deadly = 0;
    std::int64_t first_failing = 100;
    bool refused = false; ///< in this life
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(quarantine_notes, DeadlyKeyWorld)

BOOST_AUTO_TEST_CASE(S11_no_key_is_computed_while_the_note_holds_only_repeats) {
    constexpr std::int64_t count = 12; // enough that the first worker has some of them
    publish([](bus::Bus& to) {
        for (std::int64_t i = 0; i < count; ++i) {
            to.post(test::pong("failing " + std::to_string(i), 100 + i));
        }
    });
    start();
    add();
    bus->wait_idle();
    bus.reset();
    BOOST_TEST_REQUIRE(memory->deliveries("keyed", DeliveryState::deferred).size() == count);
    publish([](bus::Bus& to) {
        for (std::int64_t i = 0; i < 1'500; ++i) {
            to.post(ping("not for this agent", i));
        }
        to.post(test::pong("b", 2));
        to.post(test::pong("c", 3));
    });
    deadly = 3;
    runtime->pass(5s);
    // The turn ends before a page arrives that concerns the agent. So the first note of each life
    // holds only the events to repeat.
    troubled->before_read = [this] { runtime->pass(6ms); };
    check_found();
}

BOOST_AUTO_TEST_CASE(S11_a_note_that_the_store_refuses_is_written_again_before_keys_are_computed) {
    publish([](bus::Bus& to) {
        for (std::int64_t i = 1; i <= 5; ++i) {
            to.post(test::pong("a", i));
        }
    });
    start();
    add();
    bus.reset(); // now it is registered, and the first commit of each life is its note
    deadly = 3;
    troubled->fails_next = [this] { return !std::exchange(refused, true); };
    check_found();
}

BOOST_AUTO_TEST_SUITE_END()
