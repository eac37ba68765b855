#include "backends.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include <limits>
#include <sstream>

using namespace test;

// Random batches on the store in memory, the model, and on SQLite: both must say and hold the same
// at every moment.
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

/// Few ids and streams, so that doubles and conflicts are many.
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
    delivery.position = below(6);
    delivery.state = one_in(2) ? bus::DeliveryState::dead : bus::DeliveryState::deferred;
    delivery.due = bus::Timestamp{bus::Duration{*rc::gen::arbitrary<std::int32_t>()}};
    delivery.failures = static_cast<std::uint32_t>(below(5));
    delivery.redrives = static_cast<std::uint32_t>(below(3));
    for (std::uint64_t i = below(3); i > 0; --i) {
        // Any bytes: what a step throws is no text of ours.
        delivery.attempts.push_back(
            {delivery.due, bus::FailureKind::throttled, *rc::gen::arbitrary<std::string>()});
    }
    return delivery;
}

bus::Part any_part() {
    bus::Part part;
    for (std::uint64_t i = below(4); i > 0; --i) {
        part.events.push_back(any_event());
    }
    part.agent = pick<std::string>({"", "a", "b"});
    if (one_in(3)) {
        part.start = below(4);
    }
    if (one_in(3)) {
        part.checkpoint = below(10);
    }
    part.finished = one_in(2) ? below(3) : 0;
    for (std::uint64_t i = below(3); i > 0; --i) {
        part.put_deliveries.push_back(any_delivery());
        part.erase_deliveries.push_back(below(12));
        part.put_states.push_back(
            {pick<std::string>({"", "k", "k1", "l"}), *rc::gen::arbitrary<std::string>()});
        part.erase_states.push_back(pick<std::string>({"k1", "l", "none"}));
        part.redrives.push_back({pick<std::string>({"a", "b", "none"}), below(6)});
    }
    return part;
}

std::string text_of(const bus::StoredEvent& event) {
    return std::to_string(event.position) + " v" + std::to_string(event.stream_version) + " " +
           event.record.event_type + " " + bus::to_text(event.record.event_id) + " " +
           event.record.data + " by " + bus::to_text(event.record.causation_id) + "\n";
}

std::string text_of(const bus::DeliveryRecord& delivery) {
    std::ostringstream out;
    out << delivery.agent << " " << delivery.position
        << (delivery.state == bus::DeliveryState::dead) << " "
        << delivery.due.time_since_epoch().count() << " " << delivery.failures << " "
        << delivery.redrives;
    for (const bus::AttemptRecord& attempt : delivery.attempts) {
        out << " " << attempt.at.time_since_epoch().count() << ":" << attempt.message;
    }
    return out.str() + "\n";
}

std::string text_of(const bus::PartResult& result) {
    std::string text;
    for (const auto& place : result.places) {
        text += std::to_string(place.position) + "/" + std::to_string(place.stream_version) +
                (place.duplicate ? " again " : " ");
    }
    for (const bus::DeliveryRecord& delivery : result.redriven) {
        text += text_of(delivery);
    }
    return text + message_of<std::exception>(result.error) + "\n";
}

/// All that a store holds, through every way of reading it.
std::string content(bus::EventStore& store) {
    std::string text = std::to_string(store.last_position()) + "\n";
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
    for (const bus::AgentRecord& agent : store.agents()) {
        text += agent.name + " " + std::to_string(agent.start) + " " +
                std::to_string(agent.checkpoint) + " " + std::to_string(agent.finished) + "\n";
    }
    for (const char* name : {"a", "b"}) {
        add(store.deliveries(name, bus::DeliveryState::dead));
        add(store.deliveries(name, bus::DeliveryState::deferred));
        for (const char* prefix : {"", "k"}) {
            for (const bus::StateRecord& state : store.states(name, prefix)) {
                text += state.key + "=" + state.json + "\n";
            }
        }
    }
    return text;
}

void check_random_batches() {
    MemoryBackend memory;
    SqliteBackend sqlite;
    for (std::uint64_t batches = below(8); batches > 0; --batches) {
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
        if (one_in(4)) {
            sqlite.reopen();
        }
        RC_ASSERT(content(sqlite.store()) == content(memory.store()));
    }
}

} // namespace

BOOST_AUTO_TEST_CASE(random_batches_leave_the_same_in_sqlite_as_in_memory) {
    BOOST_TEST(rc::check("memory and SQLite agree", check_random_batches));
}
