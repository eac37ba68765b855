// Text that is not UTF-8: refused when it is written, on every store.
#include "test/support/not_utf8.hpp"

#include "backends.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <map>

using namespace test;

namespace {

/// Nothing is wrong with the file, if the backend has one.
template <class Backend>
void check_whole(Backend& backend) {
    if (backend.store().abilities().outlives_process) {
        const auto findings = bus::verify({.path = backend.folder() / "store.db"}).findings;
        BOOST_TEST(findings.empty(), (findings.empty() ? "" : findings.front().what));
    }
}

using SetEvent = std::function<void(bus::EventRecord&, std::string)>;

const std::map<std::string, SetEvent>& fields() {
    static const std::map<std::string, SetEvent> all{
        {"event_type", [](bus::EventRecord& r, std::string text) { r.event_type = text; }},
        {"aggregate_id", [](bus::EventRecord& r, std::string text) { r.aggregate_id = text; }},
        {"aggregate_type", [](bus::EventRecord& r, std::string text) { r.aggregate_type = text; }},
        {"execution_id", [](bus::EventRecord& r, std::string text) { r.execution_id = text; }},
        {"user_id", [](bus::EventRecord& r, std::string text) { r.user_id = text; }},
    };
    return all;
}

/// Checks that the part is refused with a message that names the bad text and its place.
void check_refused(bus::EventStore& store, const bus::Part& part, const std::string& field,
                   std::size_t offset) {
    const auto results = store.commit(std::vector{part, test::part({event(900)})}, false);
    const std::string message = message_of<bus::PartRefused>(results.at(0).error);
    BOOST_TEST(contains(message, field), field << ": " << message);
    BOOST_TEST(contains(message, " at offset " + std::to_string(offset) + ","),
               field << ": " << message);
    BOOST_TEST(!results.at(1).error); // the other parts of the commit are stored
    BOOST_TEST(store.last_position() == 1U);
    BOOST_TEST(!store.agent("new").has_value());
}

} // namespace

BOOST_AUTO_TEST_SUITE(texts_of_a_store)

BOOST_AUTO_TEST_CASE_TEMPLATE(S23_an_event_with_text_that_is_not_utf8_is_refused_with_its_place,
                              Backend, Backends) {
    Backend backend;
    for (const BadText& bad : bad_texts) {
        for (const auto& [field, set] : fields()) {
            bus::NewEvent wrong = event(1);
            set(wrong.record, std::string{bad.text});
            check_refused(backend.store(), part({wrong}), field, bad.offset);
            bus::Part timer;
            timer.put_timers = {{.number = 1, .due = {}, .event = wrong.record}};
            check_refused(backend.store(), timer, "timer: " + field, bad.offset);
        }
    }
    BOOST_TEST(backend.store().last_timer() == 0U);
    check_whole(backend);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    S23_names_state_keys_commands_and_requests_that_are_not_utf8_are_refused, Backend, Backends) {
    Backend backend;
    for (const BadText& bad : bad_texts) {
        const std::string text{bad.text};
        check_refused(backend.store(), agent_part(text, 0), "name of an agent", bad.offset);
        bus::Part state = agent_part("new", 0);
        state.put_states = {{text, "1"}};
        check_refused(backend.store(), state, "state key", bad.offset);
        bus::Part command;
        command.commands = {{bus::DeliveryAction::redrive, "new", 1, text, "why"}};
        check_refused(backend.store(), command, "who", bad.offset);
        command.commands = {{bus::DeliveryAction::redrive, "new", 1, "who", text}};
        check_refused(backend.store(), command, "why", bad.offset);
        for (bus::RequestRecord request :
             {bus::RequestRecord{.who = text}, bus::RequestRecord{.why = text},
              bus::RequestRecord{.agent = text}, bus::RequestRecord{.error = text}}) {
            const std::string message = store_error([&] { backend.store().ask(request); });
            BOOST_TEST(contains(message, " at offset " + std::to_string(bad.offset) + ","),
                       message);
        }
    }
    BOOST_TEST(backend.store().requests(0, 10, false).empty());
    check_whole(backend);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S23_all_valid_utf8_is_kept_as_it_is, Backend, Backends) {
    Backend backend;
    std::uint64_t number = 0;
    for (const std::string_view odd : odd_texts) {
        const std::string text{odd};
        for (const auto& [field, set] : fields()) {
            bus::NewEvent kept = event(++number);
            set(kept.record, text);
            append(backend.store(), kept);
            BOOST_TEST((backend.store().find(kept.record.event_id)->record == kept.record), field);
        }
        bus::Part step = agent_part("agent " + text, 0);
        step.put_states = {{"k" + text, "1"}};
        BOOST_TEST(!commit(backend.store(), step).error);
        BOOST_TEST(backend.store().state("agent " + text, "k" + text)->json == "1");
        const auto asked =
            backend.store().ask({.who = text, .why = text, .agent = text, .error = text});
        const auto request = backend.store().requests(asked - 1, 1, false).at(0);
        BOOST_TEST((request.who == text && request.why == text && request.agent == text &&
                    request.error == text));
    }
    check_whole(backend);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S23_the_message_of_an_attempt_is_kept_with_the_replacement_character,
                              Backend, Backends) {
    Backend backend;
    bus::Part step = agent_part("worker", 0);
    step.events = {event(1)};
    step.settled = {{1, 1}};
    step.delivered = 1;
    step.put_deliveries = {{.position = 1,
                            .state = bus::DeliveryState::dead,
                            .attempts = {{{}, bus::FailureKind::transient, "caf\xe9 \xc3"}}}};
    BOOST_TEST(!commit(backend.store(), step).error);
    BOOST_TEST(backend.store().delivery("worker", 1)->attempts.at(0).message ==
               "caf\xEF\xBF\xBD \xEF\xBF\xBD");
    check_whole(backend);
}

BOOST_AUTO_TEST_SUITE_END()
