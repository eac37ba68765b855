#include "test/libbus/bus/testing/ticket_office.hpp"

#include <boost/test/unit_test.hpp>

using bus::testing::Setup;
using bus::testing::World;
using namespace office;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(a_world)

BOOST_AUTO_TEST_CASE(time_moves_only_when_told_and_timers_fire_in_order) {
    World world{Setup{.start = bus::parse_timestamp("2026-03-01T12:00:00Z")}};
    BOOST_TEST(bus::to_text(world.now()) == "2026-03-01T12:00:00.000000Z");
    world.bus().schedule(2h, TicketUsedEvent{{}, "second"});
    world.bus().schedule(3h, TicketUsedEvent{{}, "third"});
    world.bus().schedule(1h, TicketUsedEvent{{}, "first"});
    world.run();
    BOOST_TEST(world.published<TicketUsedEvent>().empty());
    world.advance(2h);
    const auto fired = world.published<TicketUsedEvent>();
    BOOST_REQUIRE(fired.size() == 2U);
    BOOST_TEST(fired[0].ticket == "first");
    BOOST_TEST(fired[1].ticket == "second");
    BOOST_TEST(bus::to_text(world.now()) == "2026-03-01T14:00:00.000000Z");
    world.settle();
    BOOST_TEST(world.published<TicketUsedEvent>().size() == 3U);
    BOOST_TEST(bus::to_text(world.now()) == "2026-03-01T15:00:00.000000Z");
}

BOOST_AUTO_TEST_CASE(a_bus_that_starts_again_finds_the_store_of_the_one_before) {
    World world;
    world.bus().publish(TicketUsedEvent{{}, "T-1"});
    world.bus().schedule(1h, TicketUsedEvent{{}, "T-2"});
    world.stop();
    BOOST_TEST(!world.running());
    world.advance(5h); // nothing runs
    world.start();
    world.run();
    BOOST_TEST(world.published<TicketUsedEvent>().size() == 2U);
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_run) {
    const auto ids = [](std::uint64_t seed) {
        World world{Setup{.seed = seed}};
        std::vector<std::string> result;
        for (int i = 0; i < 5; ++i) {
            result.push_back(bus::to_text(TicketUsedEvent{{}, "T"}.event_id));
        }
        return result;
    };
    BOOST_TEST(ids(7) == ids(7), boost::test_tools::per_element());
    BOOST_TEST((ids(7) != ids(8)));
}

BOOST_AUTO_TEST_CASE(wrong_use_says_what_would_be_right) {
    World world{Setup{.store = false}};
    BOOST_CHECK_THROW(static_cast<void>(world.store()), std::logic_error);
    BOOST_CHECK_THROW(world.start(), std::logic_error);
    world.stop();
    BOOST_CHECK_THROW(static_cast<void>(world.bus()), std::logic_error);
    BOOST_CHECK_THROW(static_cast<void>(world.published<TicketUsedEvent>()), std::logic_error);
    BOOST_CHECK_NO_THROW(world.stop());
}

BOOST_AUTO_TEST_SUITE_END()
