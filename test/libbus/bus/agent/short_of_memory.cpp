// Memory that runs out around the steps of an agent without a store.
#include "test/libbus/bus/agent/solo.hpp"
#include "test/support/allocations.hpp"
#include <bus/bus.hpp>
#include <bus/observers.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <string>

using test::every;
using test::ping;
using test::PingEvent;
using test::scripted;

namespace {

/// More allocations than a turn with one event makes.
constexpr std::size_t bound = 60;

/// A bus with an agent whose key function runs out of memory: the function throws, or the
/// `which`-th allocation after it in its thread fails.
struct ShortOfMemory {
    explicit ShortOfMemory(std::uint32_t workers) : observers{bus} {
        observers.trouble.connect([this](std::string_view) { ++troubles; });
        auto agent = scripted("worker");
        agent->settings().workers = workers;
        agent->settings().retry = every(std::chrono::seconds{1}, 3);
        agent->settings().sequence = bus::Sequence::by([this](const bus::DomainEvent& event) {
            if (short_of_it) {
                failing.emplace(which);
                if (throws) {
                    throw std::bad_alloc{};
                }
            }
            return std::string(100, 'k') + std::string{event.aggregate_id()};
        });
        agent->handles<PingEvent>([this](const PingEvent& event, bus::Context&) {
            if (event.number < 0) {
                throw bus::Failure::transient("fails");
            }
            ++handled;
        });
        bus.add(std::move(agent));
    }

    /// Two events that fail, so that the second one is looked up after the first, and one that does
    /// not.
    void publish_under_pressure() {
        short_of_it = true;
        for (const std::int64_t number : {-1, -1, 1}) {
            try {
                bus.publish(ping("a", number));
            } catch (const std::bad_alloc&) {
                ++refused; // in the publisher's own thread
            }
            runtime->run_ready();
        }
        short_of_it = false;
        failing.reset();
        runtime->run_for(std::chrono::seconds{10});
    }

    std::shared_ptr<bus::SimulatedRuntime> runtime = std::make_shared<bus::SimulatedRuntime>();
    bus::Bus bus{{.runtime = runtime}};
    bus::Observers observers;
    bool short_of_it = false;
    bool throws = false;
    std::size_t which = 0;
    std::optional<test::FailingAllocation> failing;
    int handled = 0;
    int refused = 0;
    int troubles = 0;
};

} // namespace

BOOST_AUTO_TEST_SUITE(short_of_memory)

BOOST_AUTO_TEST_CASE(A13_a_key_function_short_of_memory_ends_neither_the_program_nor_its_agent) {
    for (const std::uint32_t workers : {1U, 2U}) {
        for (const bool throws : {false, true}) {
            int told = 0;
            for (std::size_t which = 0; which < bound; ++which) {
                ShortOfMemory world{workers};
                world.throws = throws;
                world.which = which;
                world.publish_under_pressure();
                told += world.troubles + world.refused;
                const int before = world.handled;
                world.bus.publish(ping("b", 1));
                world.bus.publish(ping("a", 2));
                world.runtime->run_for(std::chrono::minutes{1});
                BOOST_TEST(world.handled == before + 2);
                BOOST_TEST(world.bus.idle());
            }
            BOOST_TEST(told > 0);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
