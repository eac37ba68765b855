#include "test/libbus/bus/testing/ticket_office.hpp"

#include <boost/test/unit_test.hpp>

#include <thread>

using bus::testing::Recorded;
using bus::testing::Recorder;
using bus::testing::Setup;
using bus::testing::World;
using namespace office;

namespace {

std::vector<std::string> types(const std::vector<Recorded>& recorded) {
    std::vector<std::string> result;
    for (const Recorded& one : recorded) {
        result.push_back(one.record.event_type);
    }
    return result;
}

using Types = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_SUITE(recording)

BOOST_AUTO_TEST_CASE(what_is_published_after_the_recorder_was_made_is_recorded_in_order) {
    for (const bool store : {true, false}) {
        Printer printer;
        World world{Setup{.store = store}};
        world.bus().emplace<Office>(printer);
        world.bus().publish(TicketBoughtEvent{{}, "T-0"});
        world.run();
        const Recorder recorder{world.bus()};
        BOOST_TEST(recorder.size() == 0U);
        world.bus().publish(TicketBoughtEvent{{}, "T-1", 3});
        world.run();
        world.bus().publish(TicketUsedEvent{{}, "T-1"});
        world.run();
        BOOST_TEST(types(recorder.all()) ==
                       (Types{"TicketBoughtEvent", "TicketPrintedEvent", "TicketUsedEvent"}),
                   boost::test_tools::per_element());
        const auto printed = recorder.of<TicketPrintedEvent>();
        BOOST_REQUIRE(printed.size() == 1U);
        BOOST_TEST(printed[0].lines.at(0).amount == 3);
    }
}

BOOST_AUTO_TEST_CASE(causes_are_found_in_both_directions) {
    for (const bool store : {true, false}) {
        Printer printer;
        World world{Setup{.store = store}};
        world.bus().emplace<Office>(printer);
        // tag::recorder[]
        const Recorder recorder{world.bus()};
        const TicketBoughtEvent bought{{}, "T-1"};
        world.bus().publish(bought);
        world.run();
        const auto printed = recorder.of<TicketPrintedEvent>();
        BOOST_REQUIRE(printed.size() == 1U);
        BOOST_TEST((recorder.cause_of(printed[0]).value().record.event_id == bought.event_id));
        BOOST_TEST(types(recorder.caused_by(bought)) == Types{"TicketPrintedEvent"},
                   boost::test_tools::per_element());
        BOOST_TEST(!recorder.cause_of(bought).has_value());
        // end::recorder[]
    }
}

BOOST_AUTO_TEST_CASE(a_cause_older_than_the_recorder_is_found_in_the_store) {
    World world;
    const TicketBoughtEvent bought{{}, "T-1"};
    world.bus().publish(bought);
    const Recorder recorder{world.bus()};
    const auto used = bus::derive<TicketUsedEvent>(bought, "T-1");
    world.bus().publish(used);
    BOOST_TEST((recorder.cause_of(used).value().record.event_id == bought.event_id));
    BOOST_TEST(recorder.of<TicketBoughtEvent>().empty());
}

BOOST_AUTO_TEST_CASE(transient_events_have_their_place_among_those_of_the_log) {
    World world;
    const Recorder recorder{world.bus()};
    world.bus().publish(BellRangEvent{{}, 1});
    world.bus().publish(TicketUsedEvent{{}, "T-1"});
    world.bus().publish(BellRangEvent{{}, 2});
    world.bus().publish(TicketUsedEvent{{}, "T-2"});
    const auto all = recorder.all();
    BOOST_TEST(types(all) ==
                   (Types{"BellRangEvent", "TicketUsedEvent", "BellRangEvent", "TicketUsedEvent"}),
               boost::test_tools::per_element());
    BOOST_TEST(all[0].position == 0U);
    BOOST_TEST(all[3].position == 2U);
}

BOOST_AUTO_TEST_CASE(what_a_handler_publishes_comes_after_the_event_it_was_called_for) {
    World world{Setup{.store = false}};
    const Recorder recorder{world.bus()};
    const auto echo = world.bus().subscribe<TicketBoughtEvent>(
        [&](const TicketBoughtEvent& event) {
            world.bus().publish(bus::derive<TicketUsedEvent>(event, event.ticket));
        },
        bus::SubscribeOptions{.priority = 1000});
    world.bus().publish(TicketBoughtEvent{{}, "T-1"});
    BOOST_TEST(types(recorder.all()) == (Types{"TicketBoughtEvent", "TicketUsedEvent"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(events_of_types_unknown_to_the_program_are_recorded_as_they_are) {
    World world;
    const Recorder recorder{world.bus()};
    bus::EventRecord record = bus::encode(TicketUsedEvent{{}, "T-1"});
    record.event_type = "SomethingOfOthersEvent";
    world.bus().publish(record);
    BOOST_REQUIRE(recorder.size() == 1U);
    BOOST_TEST((recorder.all()[0].record == record));
    BOOST_TEST((recorder.all()[0].event == nullptr));
}

BOOST_AUTO_TEST_CASE(it_can_begin_in_the_past_of_a_store_and_start_again) {
    World world;
    world.bus().publish(TicketUsedEvent{{}, "T-1"});
    world.bus().publish(TicketUsedEvent{{}, "T-2"});
    Recorder recorder{world.bus(), 1};
    BOOST_TEST(recorder.of<TicketUsedEvent>().at(0).ticket == "T-2");
    recorder.clear();
    BOOST_TEST(recorder.size() == 0U);
    world.bus().publish(TicketUsedEvent{{}, "T-3"});
    BOOST_TEST(recorder.of<TicketUsedEvent>().at(0).ticket == "T-3");
    World without{Setup{.store = false}};
    BOOST_CHECK_THROW(Recorder(without.bus(), 1), std::logic_error);
}

BOOST_AUTO_TEST_CASE(the_events_after_a_given_place_can_be_queried) {
    for (const bool store : {true, false}) {
        World world{Setup{.store = store}};
        const Recorder recorder{world.bus()};
        world.bus().publish(BellRangEvent{{}, 1});
        world.bus().publish(TicketUsedEvent{{}, "T-1"});
        const Recorder::Mark here = recorder.here();
        BOOST_TEST(recorder.since(here).empty());
        world.bus().publish(TicketUsedEvent{{}, "T-2"});
        world.bus().publish(BellRangEvent{{}, 2});
        BOOST_TEST(types(recorder.since(here)) == (Types{"TicketUsedEvent", "BellRangEvent"}),
                   boost::test_tools::per_element());
        BOOST_TEST(recorder.size() == 4U);
    }
}

BOOST_AUTO_TEST_CASE(on_real_threads_everything_is_recorded_when_the_bus_is_idle) {
    bus::Bus bus;
    const Recorder recorder{bus};
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread) {
        threads.emplace_back([&bus] {
            for (int i = 0; i < 250; ++i) {
                bus.publish(BellRangEvent{{}, i});
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    bus.wait_idle();
    BOOST_TEST(recorder.of<BellRangEvent>().size() == 1000U);
}

BOOST_AUTO_TEST_SUITE_END()
