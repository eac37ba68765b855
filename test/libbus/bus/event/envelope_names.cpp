#include <bus/bus.hpp>
#include <bus/event/codec.hpp>
#include <bus/runtime/simulated_runtime.hpp>
#include <bus/store/memory_store.hpp>

#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>

/// Members with the names of members that all events have.
namespace shadows {

struct Cause : bus::Event<Cause> {};
BUS_DESCRIBE_EVENT(Cause, ())

struct Shadow : bus::Event<Shadow> {
    std::string type;
    std::string event_id;
    std::int64_t causation_id = 0;
    std::string occurred_at;
    std::string execution_id;
    std::string user_id;
    std::string own_aggregate_id;
    bool event_type = false;
    double event_version = 0;
    std::string aggregate_type;
    std::string aggregate_id;
    std::string set_type;
    std::string data;
};
BUS_DESCRIBE_EVENT(Shadow,
                   (type, event_id, causation_id, occurred_at, execution_id, user_id,
                    own_aggregate_id, event_type, event_version, aggregate_type, aggregate_id,
                    set_type, data),
                   bus::aggregate_id<&Shadow::user_id>)

Shadow shadow() {
    return {{}, "t", "e", 7, "o", "x", "u-42", "own", true, 1.5, "at", "ai", "s", "d"};
}

const std::string shadow_data =
    R"({"type":"t","event_id":"e","causation_id":7,"occurred_at":"o","execution_id":"x",)"
    R"("user_id":"u-42","own_aggregate_id":"own","event_type":true,"event_version":1.5,)"
    R"("aggregate_type":"at","aggregate_id":"ai","set_type":"s","data":"d"})";

const bus::DomainEvent& envelope(const bus::DomainEvent& event) {
    return event;
}

Cause cause() {
    Cause cause;
    cause.user_id = "operator-7";
    cause.execution_id = "run-1";
    return cause;
}

/// Checks that the event has both its own members and what its cause passes on.
void check(const Shadow& event, const bus::DomainEvent& cause) {
    BOOST_TEST(event.user_id == "u-42");
    BOOST_TEST(event.execution_id == "x");
    BOOST_TEST(event.causation_id == 7);
    BOOST_TEST(envelope(event).user_id == "operator-7");
    BOOST_TEST(envelope(event).execution_id == "run-1");
    BOOST_TEST((envelope(event).causation_id == cause.event_id));
    BOOST_TEST(envelope(event).aggregate_id() == "u-42");
    BOOST_TEST(envelope(event).aggregate_type() == "Shadow");
    std::string data;
    bus::write_data(event, data);
    BOOST_TEST(data == shadow_data);
}

class Shadowing : public bus::Agent {
public:
    Shadowing() : Agent{"shadowing"} {
        on<Cause>([](const Cause&, bus::Context& context) {
            context.publish(shadow());
            context.schedule(std::chrono::milliseconds{1}, shadow());
        }).emits<Shadow>();
    }
};

} // namespace shadows

BOOST_AUTO_TEST_SUITE(envelope_names)

using shadows::Shadow;

BOOST_AUTO_TEST_CASE(D23_derive_leaves_alone_members_with_names_of_the_envelope) {
    const shadows::Cause cause = shadows::cause();
    shadows::check(bus::derive<Shadow>(cause, "t", "e", 7, "o", "x", "u-42", "own", true, 1.5, "at",
                                       "ai", "s", "d"),
                   cause);
}

BOOST_AUTO_TEST_CASE(D23_members_and_envelope_with_the_same_names_are_both_read_back_from_json) {
    const shadows::Cause cause = shadows::cause();
    const auto event = bus::derive<Shadow>(cause, "t", "e", 7, "o", "x", "u-42", "own", true, 1.5,
                                           "at", "ai", "s", "d");
    const auto back = bus::from_json<Shadow>(bus::to_json(event));
    shadows::check(back, cause);
    BOOST_TEST((shadows::envelope(back).event_id == shadows::envelope(event).event_id));
    BOOST_TEST(back.event_id == "e");
    BOOST_TEST(bus::to_json(*bus::read_event(bus::to_json(event))) == bus::to_json(event));
    BOOST_TEST(bus::to_json(bus::encode(event)) == bus::to_json(event));
}

BOOST_AUTO_TEST_CASE(D23_what_a_step_publishes_and_schedules_keeps_both_with_and_without_a_store) {
    for (const bool stored : {false, true}) {
        const auto store = stored ? std::make_shared<bus::MemoryStore>() : nullptr;
        const auto runtime = std::make_shared<bus::SimulatedRuntime>(1);
        bus::Bus bus{{.runtime = runtime, .store = store}};
        bus.emplace<shadows::Shadowing>();
        const shadows::Cause cause = shadows::cause();
        int heard = 0;
        const auto handler = bus.subscribe<Shadow>([&](const Shadow& event) {
            shadows::check(event, cause);
            ++heard;
        });
        bus.publish(cause);
        runtime->run_for(std::chrono::seconds{1});
        BOOST_TEST(heard == 2);
        bus.stop(bus::Stop::drain);
    }
}

BOOST_AUTO_TEST_SUITE_END()
