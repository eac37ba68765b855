// Memory runs out in a publish: nothing of the publish is left behind.
#include "test/support/allocations.hpp"
#include "test/support/bus_events.hpp"
#include <bus/bus.hpp>
#include <bus/runtime/system_runtime.hpp>
#include <bus/store/memory_store.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <new>

using test::ping;

namespace {

/// More than a publish allocates on its way into the store.
constexpr std::size_t bound = 200;

/// Does something while the first allocation of this thread fails, then while the second one fails,
/// ... until it succeeds. Whatever waits for a commit keeps the runtime, so there may not be more
/// references to it than before. Returns how many failed.
std::size_t fail_each_allocation(const std::function<void(bus::Bus&)>& act) {
    for (std::size_t which = 0; which < bound; ++which) {
        const auto runtime = std::make_shared<bus::SystemRuntime>();
        const auto store = std::make_shared<bus::MemoryStore>();
        bus::Bus bus{{.runtime = runtime, .store = store}};
        const long holders = runtime.use_count();
        bool failed = false;
        try {
            const test::FailingAllocation failing{which};
            act(bus);
        } catch (const std::bad_alloc&) {
            failed = true;
        }
        BOOST_TEST(bus.wait_idle());
        BOOST_TEST(runtime.use_count() == holders, "allocation " << which << " leaves something");
        const bus::Position before = store->last_position();
        BOOST_TEST(bus.publish(ping("after", 1)).position == before + 1);
        if (!failed) {
            return which;
        }
    }
    BOOST_FAIL("it never succeeds");
    return bound;
}

} // namespace

BOOST_AUTO_TEST_SUITE(publish_memory)

BOOST_AUTO_TEST_CASE(S8_a_publish_that_cannot_be_handed_to_the_writer_leaves_nothing_behind) {
    const auto event = ping("a name that is too long to be kept without an allocation", 1);
    BOOST_TEST(fail_each_allocation([&](bus::Bus& bus) { bus.publish(event); }) > 5U);
    BOOST_TEST(fail_each_allocation([&](bus::Bus& bus) { bus.post(event); }) > 5U);
    BOOST_TEST(fail_each_allocation(
                   [&](bus::Bus& bus) { bus.schedule(std::chrono::hours{1}, event); }) > 5U);
}

BOOST_AUTO_TEST_SUITE_END()
