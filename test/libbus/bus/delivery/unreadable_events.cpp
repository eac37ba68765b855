// Events that cannot be read are reported in the same places as failures: R10.
#include "test/libbus/bus/delivery/evolving_world.hpp"
#include <bus/event/stand_in.hpp>
#include <bus/event/upcast.hpp>

using namespace std::chrono_literals;
using bus::DeliveryState;
using test::holds;
using test::ping;
using test::PingEvent;

namespace {

/// At version 3; each test chooses the upcasters.
struct GrownEvent : bus::Event<GrownEvent> {
    std::string name;
    std::int64_t number = 0;
};
BUS_DESCRIBE_EVENT(GrownEvent, (name, number), bus::aggregate_id<&GrownEvent::name>,
                   bus::version(3))

/// At version 2, with an upcaster that fails.
struct BrokenEvent : bus::Event<BrokenEvent> {
    std::string name;
    std::vector<std::int64_t> lines;
};
BUS_DESCRIBE_EVENT(BrokenEvent, (name, lines), bus::aggregate_id<&BrokenEvent::name>,
                   bus::version(2))

/// Refines a ping, at version 2.
struct GrownPingEvent : bus::Event<GrownPingEvent, PingEvent> {
    std::int64_t more = 0;
};
BUS_DESCRIBE_EVENT(GrownPingEvent, (more), bus::version(2))

template <class E>
bus::EventRecord of_version(std::uint32_t version, const std::string& name) {
    E event;
    event.name = name;
    bus::EventRecord record = bus::encode(event);
    record.event_version = version;
    return record;
}

struct GivenUp {
    std::string type;
    std::string aggregate;
    std::string message;
    std::string data;
};

/// Handles E, and notes what it gives up on.
template <class E>
struct Strict {
    void add(test::EvolvingWorld& world, bus::StartPosition start = {}) {
        auto agent = test::scripted("strict");
        agent->settings().start = start;
        agent->handles<E>([this](const E&) { ++handled; });
        agent->gives_up_with<test::GivenUpEvent>([this](const bus::DomainEvent& event,
                                                        const bus::Failure& failure,
                                                        bus::Context& context) {
            BOOST_TEST(bus::event_cast<E>(event) != nullptr);
            given_up.push_back({std::string{event.event_type()}, std::string{event.aggregate_id()},
                                failure.what(),
                                failure.unread() != nullptr ? failure.unread()->data : ""});
            context.publish(test::given_up("x", failure.what()));
        });
        world.bus->add(std::move(agent));
        world.bus->wait_idle();
    }

    int handled = 0;
    std::vector<GivenUp> given_up;
};

template <class E>
std::string refusal(test::EvolvingWorld& world, bus::StartPosition start = {}) {
    Strict<E> agent;
    try {
        agent.add(world, start);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return {};
}

} // namespace

BOOST_AUTO_TEST_SUITE(unreadable_events)

BOOST_AUTO_TEST_CASE(R10_an_event_that_cannot_be_read_is_reported_wherever_failures_are_reported) {
    test::on_each_store([](test::EvolvingWorld& world) {
        int number = 6;
        for (const char* data : {R"({"name":"x","number":"twelve"})", "{\"name\":", "[]"}) {
            bus::EventRecord record = bus::encode(ping("order-" + std::to_string(++number)));
            record.data = data;
            world.leave_event(record);
        }
        Strict<PingEvent> agent;
        agent.add(world);
        BOOST_TEST(agent.handled == 0);
        BOOST_TEST(world.failed.size() == 3U);
        BOOST_TEST(world.dead.size() == 3U);
        BOOST_TEST(world.trouble.size() == 3U);
        BOOST_TEST_REQUIRE(agent.given_up.size() == 3U);
        BOOST_TEST(agent.given_up[0].type == "PingEvent");
        BOOST_TEST(agent.given_up[0].aggregate == "order-7");
        BOOST_TEST(agent.given_up[0].data == R"({"name":"x","number":"twelve"})");
        for (const std::string& text :
             {world.failed[0], world.dead[0], world.trouble[0], agent.given_up[0].message,
              world.last_attempt("strict", 1).message}) {
            BOOST_TEST(holds(text, "the event cannot be read: data.number: expected "), text);
        }
        BOOST_TEST(holds(world.failed[0], "strict PingEvent order-7: "), world.failed[0]);
        BOOST_TEST(holds(world.trouble[0], "event 1, PingEvent of Ping/order-7: "),
                   world.trouble[0]);
        BOOST_TEST(world.store->read_type("GivenUpEvent", 0, 10).size() == 3U);
        BOOST_TEST(world.bus->status().front().failures == 3U);
        for (const bus::Conservation& account : world.store->conservation()) {
            BOOST_TEST(account.holds());
            BOOST_TEST(account.dead == 3U);
        }
    });
}

BOOST_AUTO_TEST_CASE(R10_a_forgotten_upcaster_that_is_noticed_while_the_program_runs_is_reported) {
    test::on_each_store([](test::EvolvingWorld& world) {
        Strict<GrownEvent> agent;
        agent.add(world);
        world.bus->publish(of_version<GrownEvent>(1, "x"));
        world.bus->wait_idle();
        BOOST_TEST_REQUIRE(world.dead.size() == 1U);
        BOOST_TEST(world.failed.size() == 1U);
        BOOST_TEST(world.trouble.size() == 1U);
        BOOST_TEST(agent.given_up.size() == 1U);
        BOOST_TEST(holds(world.dead[0], "cannot be read: event_version: no upcaster of GrownEvent "
                                        "from version 1 to 2"),
                   world.dead[0]);
        world.check();
    });
}

BOOST_AUTO_TEST_CASE(R10_the_path_of_an_error_in_an_upcaster_is_that_in_the_event) {
    static const bool registered = [] {
        bus::upcast<BrokenEvent>(1, [](boost::json::object& data) {
            if (data.at("name") == "path") {
                throw bus::CodecError{"lines[0]", "expected a number of lines"};
            }
            if (data.at("name") == "throws") {
                throw std::runtime_error{"no rate of that day"};
            }
            data["lines"] = boost::json::array{1, "two"};
        });
        return true;
    }();
    BOOST_TEST(registered);
    const auto why = [](const char* name) -> std::string {
        try {
            static_cast<void>(bus::decode(of_version<BrokenEvent>(1, name)));
        } catch (const bus::CodecError& error) {
            return error.what();
        }
        return "it was read";
    };
    BOOST_TEST(why("path") == "data.lines[0]: the upcaster of BrokenEvent from version 1 to 2 "
                              "failed: expected a number of lines");
    BOOST_TEST(why("throws") == "data: the upcaster of BrokenEvent from version 1 to 2 failed: no "
                                "rate of that day");
    BOOST_TEST(why("else").starts_with("data.lines[1]: expected an integer"));
}

BOOST_AUTO_TEST_CASE(R10_an_agent_is_refused_if_no_upcaster_brings_its_events_to_our_version) {
    test::on_each_store([](test::EvolvingWorld& world) {
        BOOST_TEST(refusal<GrownEvent>(world).empty()); // there are no older ones
        world.bus->remove("strict");
        world.bus->publish(of_version<GrownEvent>(3, "x"));
        world.bus->publish(of_version<GrownEvent>(7, "y"));
        BOOST_TEST(refusal<GrownEvent>(world).empty());
        world.bus->remove("strict");
        world.bus->publish(of_version<GrownEvent>(2, "x"));
        const std::string why = refusal<GrownEvent>(world);
        for (const char* part : {"strict", "GrownEvent", "version 3", "1 of version 2",
                                 "no upcaster from 2 to 3", "bus::upcast"}) {
            BOOST_TEST(holds(why, part), why);
        }
        world.bus->publish(of_version<GrownEvent>(1, "x"));
        BOOST_TEST(holds(refusal<GrownEvent>(world), "no upcaster from 1 to 2, from 2 to 3"));
        BOOST_TEST(holds(refusal<bus::DomainEvent>(world), "GrownEvent"));
        BOOST_TEST(refusal<test::PongEvent>(world).empty());
        world.check();
    });
}

BOOST_AUTO_TEST_CASE(R10_an_agent_that_begins_after_the_older_events_is_not_refused) {
    test::on_each_store([](test::EvolvingWorld& world) {
        world.bus->publish(of_version<GrownEvent>(1, "x"));
        BOOST_TEST(refusal<GrownEvent>(world, bus::StartPosition::now()).empty());
        world.restart();
        BOOST_TEST(refusal<GrownEvent>(world).empty()); // the store knows where it began
        world.bus->remove("strict");
        BOOST_TEST(world.bus->forget("strict"));
        BOOST_TEST(!refusal<GrownEvent>(world).empty());
        BOOST_TEST(!world.store->agent("strict").has_value()); // nothing was changed
        world.check();
    });
}

BOOST_AUTO_TEST_CASE(R10_events_that_refine_what_an_agent_handles_need_their_upcasters_too) {
    test::on_each_store([](test::EvolvingWorld& world) {
        bus::EventRecord record = of_version<GrownPingEvent>(1, "x");
        world.bus->publish(record);
        const std::string why = refusal<PingEvent>(world);
        BOOST_TEST(holds(why, "GrownPingEvent"), why);
    });
}

BOOST_AUTO_TEST_CASE(
    R10_the_placeholder_of_an_unreadable_event_has_all_its_members_except_the_data) {
    bus::EventRecord record = bus::encode(ping("x"));
    record.execution_id = "run-1";
    record.user_id = "ann";
    record.data = "broken";
    const auto known = bus::stand_in(record);
    BOOST_TEST(bus::event_cast<PingEvent>(*known) != nullptr);
    record.event_type = "NobodyEvent";
    record.event_version = 4;
    record.aggregate_type = "Nobody";
    const auto unknown = bus::stand_in(record);
    for (const auto& event : {known, unknown}) {
        BOOST_TEST((event->event_id == record.event_id));
        BOOST_TEST((event->occurred_at == record.occurred_at));
        BOOST_TEST(event->aggregate_id() == "x");
        BOOST_TEST(event->execution_id == "run-1");
        BOOST_TEST(event->user_id == "ann");
    }
    BOOST_TEST(unknown->event_type() == "NobodyEvent");
    BOOST_TEST(unknown->event_version() == 4U);
    BOOST_TEST(unknown->aggregate_type() == "Nobody");
    BOOST_TEST(bus::event_cast<PingEvent>(*unknown) == nullptr);
    BOOST_TEST(bus::event_cast<bus::DomainEvent>(*unknown) != nullptr);
    const auto copy = unknown->type().copy(*unknown);
    BOOST_TEST(copy->event_type() == "NobodyEvent");
    BOOST_TEST(copy->aggregate_id() == "x");
    BOOST_TEST((bus::find_event_type("NobodyEvent") == nullptr));
}

BOOST_AUTO_TEST_SUITE_END()
