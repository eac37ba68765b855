#include <bus/event/utf8.hpp>

#include "backends.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include <limits>
#include <sstream>

using namespace test;

// Random batches on the store in memory, which is the model, and on SQLite: both must always give
// the same results and have the same content.
namespace {

constexpr std::size_t all = std::numeric_limits<std::size_t>::max();

template <class T>
T pick(std::initializer_list<T> values) {
    return *rc::gen::elementOf(std::vector<T>(values));
}

std::uint64_t below(std::uint64_t end) {
    return *rc::gen::inRange<std::uint64_t>(0, end);
}

bool one_in(std::uint64_t n) {
    return below(n) == 0;
}

/// Mostly UTF-8; other text is refused.
std::string any_text() {
    const std::string bytes = *rc::gen::arbitrary<std::string>();
    return one_in(20) ? bytes : bus::valid_utf8(bytes);
}

/// There are few ids and streams, so that duplicates and conflicts are frequent.
bus::NewEvent any_event() {
    bus::NewEvent event = test::event(below(40), pick<std::string>({"A", "B", "C", ""}));
    event.record.event_type = pick<std::string>({"OneEvent", "TwoEvent"});
    event.record.aggregate_type = pick<std::string>({"Order", "Invoice"});
    if (one_in(4)) {
        event.record.causation_id = id(below(40));
    }
    if (one_in(3)) {
        event.expected_version = below(6);
    }
    return event;
}

bus::DeliveryRecord any_delivery() {
    bus::DeliveryRecord delivery;
    delivery.agent = pick<std::string>({"", "a", "b"});
    delivery.position = 1 + below(8);
    delivery.state =
        pick({bus::DeliveryState::deferred, bus::DeliveryState::dead, bus::DeliveryState::parked});
    delivery.sequence = pick<std::string>({"", "A", std::string("B\0\xff", 3)});
    delivery.quarantined = one_in(3);
    delivery.due = bus::Timestamp{bus::Duration{*rc::gen::arbitrary<std::int32_t>()}};
    delivery.failures = static_cast<std::uint32_t>(below(5));
    delivery.redrives = static_cast<std::uint32_t>(below(3));
    for (std::uint64_t i = below(3); i > 0; --i) {
        // Any bytes, because we do not control what a step throws.
        delivery.attempts.push_back(
            {delivery.due, one_in(2) ? bus::FailureKind::throttled : bus::FailureKind::not_ready,
             *rc::gen::arbitrary<std::string>()});
    }
    return delivery;
}

bus::TimerRecord any_timer() {
    return {.number = below(30),
            .agent = pick<std::string>({"", "a", "b"}),
            .due = bus::Timestamp{bus::Duration{below(5)}},
            .event = any_event().record};
}

bus::RequestAnswer any_answer(bus::Timestamp at) {
    return {below(6), at, *rc::gen::arbitrary<std::string>()};
}

bus::DeliveryCommand any_command() {
    bus::DeliveryCommand command{.action = one_in(2) ? bus::DeliveryAction::redrive
                                                     : bus::DeliveryAction::discard,
                                 .agent = pick<std::string>({"a", "b", "none"}),
                                 .position = 1 + below(8),
                                 .who = pick<std::string>({"ann", ""}),
                                 .why = any_text()};
    if (one_in(3)) {
        command.answer = any_answer(bus::Timestamp{bus::Duration{below(1'000)}});
    }
    return command;
}

bus::RequestRecord any_request() {
    bus::RequestRecord request;
    request.at = bus::Timestamp{bus::Duration{below(1'000)}};
    request.who = "bob";
    request.why = bus::valid_utf8(any_text());
    request.action = one_in(2) ? bus::DeliveryAction::redrive : bus::DeliveryAction::discard;
    request.agent = pick<std::string>({"a", "never heard of"});
    request.position = below(3);
    if (one_in(2)) {
        request.kind = bus::FailureKind::rejected;
        request.error = bus::valid_utf8(any_text());
    }
    return request;
}

void add_progress(bus::Part& part) {
    for (std::uint64_t i = below(3); i > 0; --i) {
        const bus::Position first = below(20);
        part.settled.push_back({first, one_in(20) ? below(20) : first + below(4)});
    }
    part.delivered = one_in(2) ? below(3) : 0;
    part.finished = one_in(2) ? below(3) : 0;
    if (one_in(4)) {
        part.begun = bus::BegunNote{{below(3), below(3)}, {}, static_cast<std::uint32_t>(below(3))};
        for (std::uint64_t i = below(3); i > 0; --i) {
            part.begun->repeated.push_back(below(100));
        }
    }
}

void add_timers(bus::Part& part) {
    for (std::uint64_t i = below(3); i > 0; --i) {
        part.put_timers.push_back(any_timer());
        part.erase_timers.push_back(below(30));
    }
    if (one_in(4)) {
        part.fires = below(30);
    }
}

void add_commands(bus::Part& part) {
    for (std::uint64_t i = below(3); i > 0; --i) {
        part.commands.push_back(any_command());
        part.answers.push_back(any_answer(part.commanded_at));
    }
    part.commanded_at = bus::Timestamp{bus::Duration{below(1'000)}};
}

bus::Part any_part() {
    bus::Part part;
    for (std::uint64_t i = below(4); i > 0; --i) {
        part.events.push_back(any_event());
    }
    part.agent = pick<std::string>({"", "a", "b"});
    part.chain = below(4);
    if (one_in(3)) {
        part.start = below(4);
    }
    if (!part.agent.empty() || one_in(10)) {
        add_progress(part);
    }
    for (std::uint64_t i = below(3); i > 0; --i) {
        part.put_deliveries.push_back(any_delivery());
        part.erase_deliveries.push_back(below(12));
        part.put_states.push_back(
            {pick<std::string>({"", "k", "k1", "l"}), *rc::gen::arbitrary<std::string>()});
        part.erase_states.push_back(pick<std::string>({"k1", "l", "none"}));
    }
    add_timers(part);
    add_commands(part);
    return part;
}

std::string text_of(const bus::StoredEvent& event) {
    return std::to_string(event.position) + " v" + std::to_string(event.stream_version) + " " +
           event.record.event_type + " " + bus::to_text(event.record.event_id) + " " +
           event.record.data + " by " + bus::to_text(event.record.causation_id) + "\n";
}

std::string text_of(const bus::DeliveryRecord& delivery) {
    std::ostringstream out;
    out << delivery.agent << " " << delivery.position << " " << static_cast<int>(delivery.state)
        << delivery.quarantined << " " << delivery.sequence << " "
        << delivery.due.time_since_epoch().count() << " " << delivery.failures << " "
        << delivery.redrives;
    for (const bus::AttemptRecord& attempt : delivery.attempts) {
        out << " " << attempt.at.time_since_epoch().count() << ":" << static_cast<int>(attempt.kind)
            << attempt.message;
    }
    return out.str() + "\n";
}

std::string text_of(const bus::PartResult& result) {
    std::string text;
    for (const auto& place : result.places) {
        text += std::to_string(place.position) + "/" + std::to_string(place.stream_version) +
                (place.duplicate ? " again " : " ");
    }
    for (const bus::PartResult::Changed& changed : result.changed) {
        text += changed.action == bus::DeliveryAction::discard ? "discarded " : "redriven ";
        text += text_of(changed.delivery);
    }
    return text + message_of<std::exception>(result.error) + "\n";
}

std::string text_of(const bus::BegunNote& note) {
    std::string text = std::to_string(note.range.first) + "-" + std::to_string(note.range.last) +
                       " alone " + std::to_string(note.alone);
    for (const bus::Position position : note.repeated) {
        text += " " + std::to_string(position);
    }
    return text + "\n";
}

std::string text_of(const bus::TimerRecord& timer) {
    return "timer " + std::to_string(timer.number) + " " + timer.agent + " " +
           std::to_string(timer.due.time_since_epoch().count()) + " " + timer.event.event_type +
           " " + timer.event.aggregate_type + " " + bus::to_text(timer.event.causation_id) + " " +
           timer.event.data + "\n";
}

std::string text_of(const bus::RequestRecord& request) {
    std::ostringstream out;
    out << "request " << request.number << " " << request.at.time_since_epoch().count() << " "
        << request.who << " " << request.why << " " << static_cast<int>(request.action) << " "
        << request.agent << " " << request.position << " "
        << (request.kind ? static_cast<int>(*request.kind) : -1) << " "
        << request.error.value_or("none") << " "
        << (request.done_at ? request.done_at->time_since_epoch().count() : -1) << " "
        << request.result << "\n";
    return out.str();
}

std::string text_of(const bus::AgentRecord& agent) {
    std::string text = agent.name;
    for (const std::uint64_t number :
         {agent.start, agent.checkpoint, agent.delivered, agent.finished, agent.discarded}) {
        text += " " + std::to_string(number);
    }
    for (const bus::PositionRange& range : agent.ahead) {
        text += " " + std::to_string(range.first) + "-" + std::to_string(range.last);
    }
    return text + "\n";
}

std::string text_of(const bus::Conservation& account) {
    std::string text = account.agent;
    for (const std::uint64_t number :
         {account.delivered, account.finished, account.discarded, account.deferred, account.parked,
          account.dead, account.quarantined}) {
        text += " " + std::to_string(number);
    }
    return text + "\n";
}

std::string text_of(const bus::DeliveryBrief& brief) {
    return std::to_string(brief.position) + " " + std::to_string(static_cast<int>(brief.state)) +
           " " + std::to_string(brief.due.time_since_epoch().count()) + " " + brief.sequence +
           (brief.not_ready ? " not ready\n" : "\n");
}

std::string text_of(const bus::StateRecord& state) {
    return state.key + "=" + state.json + "\n";
}

/// The state of an agent, read in every possible way.
std::string content_of_agent(bus::EventStore& store, const char* name) {
    std::string text;
    const auto add = [&text](const auto& found) {
        for (const auto& one : found) {
            text += text_of(one);
        }
        text += "--\n";
    };
    using bus::DeliveryState;
    for (const auto state : {DeliveryState::dead, DeliveryState::deferred, DeliveryState::parked}) {
        add(store.deliveries(name, state));
        add(store.deliveries(name, state, 3, 2));
    }
    add(store.delivery_briefs(name));
    for (const char* prefix : {"", "k"}) {
        add(store.states(name, prefix));
        add(store.states(name, prefix, "k", 1));
    }
    if (const auto agent = store.agent(name)) {
        text += text_of(*agent);
    }
    if (const auto note = store.begun(name)) {
        text += text_of(*note);
    }
    return text;
}

/// The content of a store, read in every possible way.
std::string content(bus::EventStore& store) {
    std::string text = std::to_string(store.first_position()) + " to " +
                       std::to_string(store.last_position()) + ", timers to " +
                       std::to_string(store.last_timer()) + "\n";
    const auto add = [&text](const auto& found) {
        for (const auto& one : found) {
            text += text_of(one);
        }
        text += "--\n";
    };
    add(store.read(0, all));
    add(store.read(3, 4));
    for (const char* name : {"A", "B", "C", ""}) {
        add(store.read_stream("Order", name, 0, all));
        add(store.read_stream("Invoice", name, 1, 2));
        add(store.read_execution(std::string{"exec-"} + name, 2, 5));
    }
    add(store.read_type("OneEvent", 1, 5));
    add(store.agents());
    add(store.conservation());
    add(store.timers(bus::Timestamp::min(), 0, all));
    add(store.timers(bus::Timestamp{bus::Duration{2}}, 7, 3));
    add(store.requests(0, all, false));
    add(store.requests(2, 2, true));
    for (const char* name : {"a", "b"}) {
        text += content_of_agent(store, name);
    }
    return text;
}

/// The outcome of a call: its result as text, or the message of what it throws.
template <class Act>
std::string outcome_of(Act act) {
    try {
        return std::to_string(act());
    } catch (const std::exception& error) {
        return error.what();
    }
}

/// Commands outside of parts.
void do_something_else(bus::EventStore& memory, bus::EventStore& sqlite) {
    const auto same = [&](auto act) {
        RC_ASSERT(outcome_of([&] { return act(sqlite); }) ==
                  outcome_of([&] { return act(memory); }));
    };
    if (one_in(3)) {
        const bus::Position through = below(12);
        const std::size_t limit = below(6);
        same([=](bus::EventStore& store) { return store.prune(through, limit); });
    }
    if (one_in(6)) {
        const std::string agent = pick<std::string>({"a", "b", "none", ""});
        const auto answer = one_in(2) ? std::optional{any_answer(bus::Timestamp{})} : std::nullopt;
        same([=](bus::EventStore& store) { return store.forget(agent, answer) ? 1 : 0; });
    }
    if (one_in(4)) {
        const bus::RequestRecord request = any_request();
        same([&](bus::EventStore& store) { return store.ask(request); });
    }
}

void check_random_batches() {
    MemoryBackend memory;
    SqliteBackend sqlite;
    // The object remembers the chains that a failure has broken, so it is reopened only at the end.
    for (std::uint64_t batches = below(12); batches > 0; --batches) {
        std::vector<bus::Part> parts;
        for (std::uint64_t i = below(5); i > 0; --i) {
            parts.push_back(any_part());
        }
        const bool durable = one_in(4);
        const auto expected = memory.store().commit(parts, durable);
        const auto found = sqlite.store().commit(parts, durable);
        RC_ASSERT(found.size() == expected.size());
        for (std::size_t i = 0; i < found.size(); ++i) {
            RC_ASSERT(text_of(found[i]) == text_of(expected[i]));
        }
        do_something_else(memory.store(), sqlite.store());
        RC_ASSERT(content(sqlite.store()) == content(memory.store()));
    }
    reopen(sqlite);
    RC_ASSERT(content(sqlite.store()) == content(memory.store()));
}

} // namespace

BOOST_AUTO_TEST_CASE(random_batches_leave_the_same_in_sqlite_as_in_memory) {
    BOOST_TEST(rc::check("memory and SQLite agree", check_random_batches));
}
