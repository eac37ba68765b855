// Text that is not UTF-8 in the host and its agents.
#include "test/support/not_utf8.hpp"

#include <bus/event/codec.hpp>
#include <bus/event/utf8.hpp>
#include <bus/observers.hpp>

#include "stored_world.hpp"

#include <boost/test/unit_test.hpp>

using namespace test;

namespace {

const std::string latin1 = "caf\xe9"; // NOLINT: no exception can come of a text this short

/// A type whose aggregate_id comes from a member.
PingEvent ping_with(const std::function<void(PingEvent&)>& change) {
    PingEvent event = ping("name", 1);
    change(event);
    return event;
}

const std::vector<std::pair<std::string, PingEvent>>& wrong_pings() {
    static const std::vector<std::pair<std::string, PingEvent>> all{
        {"execution_id", ping_with([](PingEvent& e) { e.execution_id = latin1; })},
        {"user_id", ping_with([](PingEvent& e) { e.user_id = latin1; })},
        {"own_aggregate_id", ping_with([](PingEvent& e) { e.own_aggregate_id = latin1; })},
        {"name", ping_with([](PingEvent& e) { e.name = latin1; })},
    };
    return all;
}

template <class Error, class Act>
void check_refused(Act act, const std::string& field) {
    try {
        act();
        BOOST_ERROR(field << " is accepted");
    } catch (const Error& error) {
        const std::string message = error.what();
        BOOST_TEST(message.find(field) != std::string::npos, field << ": " << message);
        BOOST_TEST(message.find("the byte 0xe9 at offset 3,") != std::string::npos, message);
        BOOST_TEST(bus::find_bad_utf8(message) == std::string::npos);
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(not_utf8)

BOOST_AUTO_TEST_CASE(S23_publishing_an_event_with_text_that_is_not_utf8_is_refused) {
    StoredWorld world;
    for (const auto& [field, event] : wrong_pings()) {
        check_refused<bus::CodecError>([&] { world.bus->publish(event); }, field);
        check_refused<bus::CodecError>([&] { world.bus->post(event); }, field);
        check_refused<bus::CodecError>([&] { world.bus->schedule(std::chrono::seconds{1}, event); },
                                       field);
    }
    BOOST_TEST(world.store->last_position() == 0U);
    BOOST_TEST(world.store->timers({}, 0, 10).empty());
    BOOST_TEST(world.bus->publish(ping("name", 2)).position == 1U);
}

BOOST_AUTO_TEST_CASE(S23_a_record_that_could_not_be_exported_is_refused_too) {
    StoredWorld world;
    const bus::EventRecord good = bus::encode(ping("name", 1));
    const auto refused = [&](const std::string& field, auto change) {
        bus::EventRecord record = good;
        change(record);
        check_refused<bus::CodecError>([&] { world.bus->publish(record); }, field);
    };
    refused("event_type", [](bus::EventRecord& r) { r.event_type = latin1; });
    refused("aggregate_id", [](bus::EventRecord& r) { r.aggregate_id = latin1; });
    refused("aggregate_type", [](bus::EventRecord& r) { r.aggregate_type = latin1; });
    refused("execution_id", [](bus::EventRecord& r) { r.execution_id = latin1; });
    refused("user_id", [](bus::EventRecord& r) { r.user_id = latin1; });
    for (const char* data : {"", "no JSON", "[1]", "1", "{\"a\":\"\xe9\"}", "{} {}", "{\"a\":}"}) {
        bus::EventRecord record = good;
        record.data = data;
        BOOST_CHECK_THROW(world.bus->publish(record), bus::CodecError);
    }
    BOOST_TEST(world.store->last_position() == 0U);
    BOOST_TEST(world.bus->publish(good).position == 1U);
}

BOOST_AUTO_TEST_CASE(S23_a_step_that_writes_such_text_fails_as_poison_and_leaves_nothing) {
    using Act = std::function<void(bus::Context&)>;
    const std::vector<std::pair<std::string, Act>> acts{
        {"execution_id",
         [](bus::Context& context) {
             PongEvent event = pong("x");
             event.execution_id = latin1;
             context.publish(event);
         }},
        {"user_id",
         [](bus::Context& context) {
             PongEvent event = pong("x");
             event.user_id = latin1;
             context.schedule(std::chrono::seconds{1}, event);
         }},
        {"state key", [](bus::Context& context) { context.set_state(latin1, 1); }},
        {"why",
         [](bus::Context& context) {
             context.redrive({.agent = "worker", .position = 1}, latin1);
         }},
    };
    for (const auto& [field, act] : acts) {
        StoredWorld world;
        auto agent = scripted("worker");
        agent->settings().retry = every(std::chrono::seconds{1}, 5);
        agent->handles<PingEvent, PongEvent>([&act = act](const PingEvent&, bus::Context& context) {
            context.set_state("before", 1);
            act(context);
        });
        world.bus->add(std::move(agent));
        world.bus->publish(ping("a", 1));
        BOOST_TEST(world.bus->wait_idle());
        const auto letters = world.store->deliveries("worker", bus::DeliveryState::dead);
        BOOST_TEST_REQUIRE(letters.size() == 1U, field);
        BOOST_TEST((letters[0].attempts.at(0).kind == bus::FailureKind::poison));
        BOOST_TEST(letters[0].attempts.size() == 1U);
        const std::string& message = letters[0].attempts.at(0).message;
        BOOST_TEST(message.find(field) != std::string::npos, message);
        BOOST_TEST(message.find("offset 3") != std::string::npos, message);
        BOOST_TEST(world.store->states("worker", "").empty());
        BOOST_TEST(world.store->last_position() == 1U);
        BOOST_TEST(world.store->timers({}, 0, 10).empty());
    }
}

BOOST_AUTO_TEST_CASE(S23_an_agents_name_that_is_not_utf8_is_refused_with_and_without_a_store) {
    for (const BadText& bad : bad_texts) {
        try {
            scripted(std::string{bad.text});
            BOOST_ERROR("it is accepted");
        } catch (const std::invalid_argument& error) {
            const std::string message = error.what();
            BOOST_TEST(message.find("at offset " + std::to_string(bad.offset)) != std::string::npos,
                       message);
        }
    }
    StoredWorld world;
    for (const std::string_view odd : odd_texts) {
        if (!odd.empty()) {
            world.bus->add(scripted(std::string{odd}));
        }
    }
    BOOST_TEST(world.bus->status().size() == odd_texts.size() - 1);
}

BOOST_AUTO_TEST_CASE(S23_the_message_of_an_exception_is_kept_with_the_replacement_character) {
    StoredWorld world;
    auto agent = scripted("worker");
    agent->settings().retry = every(std::chrono::seconds{1}, 1);
    agent->handles<PingEvent>(
        [](const PingEvent&, bus::Context&) { throw std::runtime_error{latin1}; });
    agent->gives_up_with<GivenUpEvent>(
        [](const bus::DomainEvent&, const bus::Failure& failure, bus::Context& context) {
            context.publish(given_up("a", failure.what())); // must be writable
        });
    world.bus->add(std::move(agent));
    world.bus->publish(ping("a", 1));
    BOOST_TEST(world.bus->wait_idle());
    const auto letter = world.store->delivery("worker", 1);
    BOOST_TEST_REQUIRE(letter.has_value());
    BOOST_TEST(letter->attempts.size() == 1U);
    BOOST_TEST(letter->attempts.at(0).message == "caf\xEF\xBF\xBD");
    BOOST_TEST(world.log().size() == 2U);
}

BOOST_AUTO_TEST_CASE(S23_a_sequence_key_with_replaced_bytes_keeps_its_order) {
    StoredWorld world;
    std::vector<std::int64_t> handled;
    bool fails = true;
    const auto add = [&] {
        auto agent = scripted("worker");
        agent->settings().retry = every(std::chrono::seconds{1}, 1);
        agent->settings().sequence =
            bus::Sequence::by([](const bus::DomainEvent&) { return latin1; });
        agent->handles<PingEvent>([&](const PingEvent& event, bus::Context&) {
            if (fails) {
                throw bus::Failure::rejected("not now");
            }
            handled.push_back(event.number);
        });
        world.bus->add(std::move(agent));
    };
    add();
    world.bus->publish(ping("a", 1));
    world.bus->publish(ping("b", 2));
    world.bus->publish(ping("c", 3));
    BOOST_TEST(world.bus->wait_idle());
    BOOST_TEST(world.store->delivery("worker", 1)->sequence == "kcaf\xEF\xBF\xBD");
    BOOST_TEST((world.store->delivery("worker", 3)->state == bus::DeliveryState::parked));
    world.restart();
    fails = false;
    add();
    world.bus->request({.who = "ann",
                        .why = "mended",
                        .action = bus::DeliveryAction::redrive,
                        .agent = "worker",
                        .position = 1});
    BOOST_TEST(world.bus->wait_idle());
    BOOST_TEST((handled == std::vector<std::int64_t>{1, 2, 3}));
}

BOOST_AUTO_TEST_CASE(S23_a_request_with_such_text_is_refused) {
    StoredWorld world;
    for (const bus::RequestRecord& request :
         {bus::RequestRecord{.who = latin1}, bus::RequestRecord{.who = "ann", .why = latin1},
          bus::RequestRecord{.who = "ann", .agent = latin1},
          bus::RequestRecord{.who = "ann", .error = latin1}}) {
        check_refused<bus::PartRefused>([&] { world.bus->request(request); }, "a request: ");
    }
    BOOST_TEST(world.store->requests(0, 10, false).empty());
}

BOOST_AUTO_TEST_SUITE_END()
