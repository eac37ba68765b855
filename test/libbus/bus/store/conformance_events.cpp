#include "backends.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>
#include <stdexcept>
#include <utility>

using namespace test;

namespace {

constexpr std::size_t all = std::numeric_limits<std::size_t>::max();
using Positions = std::vector<bus::Position>;

void check_same(const bus::EventRecord& found, const bus::EventRecord& expected) {
    BOOST_TEST((found == expected), "the record differs: " << found.data);
}

} // namespace

BOOST_AUTO_TEST_SUITE(events_of_a_store)

BOOST_AUTO_TEST_CASE_TEMPLATE(an_empty_store_holds_nothing, Backend, Backends) {
    Backend backend;
    bus::EventStore& store = backend.store();
    BOOST_TEST(store.last_position() == 0U);
    BOOST_TEST(store.read(0, all).empty());
    BOOST_TEST(store.read_type("OrderCreatedEvent", 0, all).empty());
    BOOST_TEST(store.read_execution("exec-A-1", 0, all).empty());
    BOOST_TEST(store.read_stream("Order", "A-1", 0, all).empty());
    BOOST_TEST(!store.find(id(1)).has_value());
    BOOST_TEST(store.commit({}, true).empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_event_is_read_back_as_it_was_written, Backend, Backends) {
    Backend backend;
    bus::NewEvent event = test::event(1);
    event.record.event_version = 4'000'000'000;
    event.record.causation_id = id(77);
    event.record.occurred_at = bus::parse_timestamp("1969-12-31T23:59:59.999999Z");
    event.record.execution_id = "";
    event.record.user_id = std::string("a\0b", 3);
    event.record.aggregate_id = "Größe 尺寸 '; DROP TABLE events; --";
    event.record.data = R"({"text":")" + std::string(100'000, 'x') + "\"}";
    const bus::PartResult result = commit(backend.store(), part({event}), true);
    BOOST_TEST(!result.error);
    reopen(backend);

    const auto found = backend.store().find(event.record.event_id);
    BOOST_REQUIRE(found.has_value());
    check_same(found->record, event.record);
    BOOST_TEST(found->position == 1U);
    BOOST_TEST(found->stream_version == 1U);
    BOOST_TEST(!found->event);
    check_same(backend.store().read(0, 1).at(0).record, event.record);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_store_keeps_all_that_was_committed_or_nothing_as_its_abilities_say,
                              Backend, Backends) {
    Backend backend;
    bus::Part step = agent_part("worker", 0);
    step.events = {event(1)};
    step.settled = {{1, 1}};
    step.put_deliveries = {{.position = 1}};
    step.put_states = {{"key", "1"}};
    step.put_timers = {{.number = 1, .agent = "worker", .due = {}, .event = event(2).record}};
    BOOST_TEST(!commit(backend.store(), step, true).error);
    backend.store().ask({});
    const bool kept = backend.store().abilities().outlives_process;
    backend.start_again();
    bus::EventStore& store = backend.store();
    BOOST_TEST(store.abilities().outlives_process == kept);
    BOOST_TEST((store.last_position() == 1) == kept);
    BOOST_TEST(store.find(id(1)).has_value() == kept);
    BOOST_TEST(store.read(0, all).size() == (kept ? 1U : 0U));
    BOOST_TEST(store.agent("worker").has_value() == kept);
    BOOST_TEST(store.delivery("worker", 1).has_value() == kept);
    BOOST_TEST(store.state("worker", "key").has_value() == kept);
    BOOST_TEST((store.last_timer() == 1) == kept);
    BOOST_TEST(store.requests(0, all, true).size() == (kept ? 1U : 0U));
    BOOST_TEST(append(store, event(3)).position == (kept ? 2U : 1U));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_event_of_zeros_and_empty_texts_is_kept, Backend, Backends) {
    Backend backend;
    append(backend.store(), {});
    const auto found = backend.store().find(bus::Uuid{});
    BOOST_REQUIRE(found.has_value());
    check_same(found->record, {});
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S3_positions_grow_by_one_in_the_order_of_commit, Backend, Backends) {
    Backend backend;
    for (std::uint64_t i = 1; i <= 20; ++i) {
        BOOST_TEST(append(backend.store(), event(i, "A-" + std::to_string(i % 3))).position == i);
        if (i % 7 == 0) {
            reopen(backend);
        }
        BOOST_TEST(backend.store().last_position() == i);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(stream_versions_count_from_one_in_each_stream, Backend, Backends) {
    Backend backend;
    bus::NewEvent other_type = event(4, "A-1");
    other_type.record.aggregate_type = "Invoice";
    const bus::PartResult result = commit(
        backend.store(), part({event(1, "A-1"), event(2, "A-2"), event(3, "A-1"), other_type}));
    std::vector<std::uint64_t> versions;
    for (const auto& place : result.places) {
        versions.push_back(place.stream_version);
    }
    BOOST_TEST(versions == (std::vector<std::uint64_t>{1, 1, 2, 1}),
               boost::test_tools::per_element());
    reopen(backend);
    BOOST_TEST(append(backend.store(), event(5, "A-1")).stream_version == 3U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(pages_begin_after_a_position_and_keep_their_limit, Backend,
                              Backends) {
    Backend backend;
    for (std::uint64_t i = 1; i <= 10; ++i) {
        bus::NewEvent next = event(i, i % 2 == 0 ? "even" : "odd");
        next.record.event_type = i % 2 == 0 ? "EvenEvent" : "OddEvent";
        append(backend.store(), next);
    }
    bus::EventStore& store = backend.store();
    const auto same = [](const std::vector<bus::StoredEvent>& found, const Positions& expected) {
        BOOST_TEST(positions(found) == expected, boost::test_tools::per_element());
    };
    same(store.read(0, 3), {1, 2, 3});
    same(store.read(8, 3), {9, 10});
    same(store.read(10, 3), {});
    same(store.read(0, 0), {});
    same(store.read(std::numeric_limits<bus::Position>::max(), all), {});
    same(store.read_type("EvenEvent", 2, 3), {4, 6, 8});
    same(store.read_type("EvenEvent", 8, all), {10});
    same(store.read_type("NoSuchEvent", 0, all), {});
    same(store.read_execution("exec-odd", 5, 2), {7, 9});
    same(store.read_execution("exec-none", 0, all), {});
    same(store.read_stream("Order", "odd", 0, 2), {1, 3});
    same(store.read_stream("Order", "odd", 2, all), {5, 7, 9});
    same(store.read_stream("Order", "odd", 5, all), {});
    same(store.read_stream("Invoice", "odd", 0, all), {});
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S5_the_same_event_twice_is_stored_once_and_says_so, Backend,
                              Backends) {
    Backend backend;
    append(backend.store(), event(1));
    const auto kept = append(backend.store(), event(2));
    reopen(backend);
    const bus::PartResult again =
        commit(backend.store(), part({event(2), event(3), event(3)}), true);
    BOOST_TEST(!again.error);
    BOOST_TEST(again.places.at(0).duplicate);
    BOOST_TEST(again.places.at(0).position == kept.position);
    BOOST_TEST(again.places.at(0).stream_version == kept.stream_version);
    BOOST_TEST(!again.places.at(1).duplicate);
    BOOST_TEST(again.places.at(1).position == 3U);
    BOOST_TEST(again.places.at(2).duplicate);
    BOOST_TEST(again.places.at(2).position == 3U);
    BOOST_TEST(backend.store().last_position() == 3U);
    BOOST_TEST(backend.store().read(0, all).size() == 3U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S5_the_same_id_with_other_content_is_an_error, Backend, Backends) {
    Backend backend;
    append(backend.store(), event(1));
    bus::NewEvent changed = event(1);
    changed.record.user_id = "bob";
    const bus::PartResult result = commit(backend.store(), part({event(2), changed}));
    BOOST_TEST(contains(message_of<bus::IdConflict>(result.error), bus::to_text(id(1))));
    BOOST_TEST(result.places.empty());
    BOOST_TEST(!backend.store().find(id(2)).has_value());
    BOOST_TEST(append(backend.store(), event(2)).position == 2U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S6_a_version_conflict_names_both_versions_and_appends_nothing,
                              Backend, Backends) {
    Backend backend;
    append(backend.store(), event(1));
    append(backend.store(), event(2));
    bus::NewEvent late = event(3);
    late.expected_version = 1;
    const bus::PartResult result = commit(backend.store(), part({event(4, "B"), late}));
    try {
        BOOST_REQUIRE(result.error);
        std::rethrow_exception(result.error);
    } catch (const bus::VersionConflict& conflict) {
        BOOST_TEST(conflict.expected() == 1U);
        BOOST_TEST(conflict.actual() == 2U);
        BOOST_TEST(contains(conflict.what(), "Order/A-1"));
    }
    BOOST_TEST(backend.store().last_position() == 2U);
    BOOST_TEST(!backend.store().find(id(4)).has_value());
    BOOST_TEST(append(backend.store(), event(5, "B")).stream_version == 1U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S6_an_expected_version_that_holds_is_not_a_conflict, Backend,
                              Backends) {
    Backend backend;
    bus::NewEvent first = event(1);
    first.expected_version = 0;
    bus::NewEvent second = event(2);
    second.expected_version = 1;
    BOOST_TEST(!commit(backend.store(), part({first, second})).error);
    // Sent again, as after a lost answer: the event is there, so its version was right.
    BOOST_TEST(append(backend.store(), second).duplicate);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S7_each_part_is_written_whole_or_not_at_all_independently_of_others,
                              Backend, Backends) {
    Backend backend;
    append(backend.store(), event(1));
    bus::NewEvent stale = event(4, "B");
    stale.expected_version = 9;
    bus::Part failing = part({event(3, "B"), stale});
    failing.agent = "worker";
    failing.start = 0;
    failing.put_states = {{"key", "1"}};
    bus::NewEvent after = event(5, "B");
    after.expected_version = 0; // nothing is left of the failing part
    bus::NewEvent sees_earlier = event(6, "B");
    sees_earlier.expected_version = 1;
    const std::vector<bus::Part> parts{part({event(2)}), failing, part({after}),
                                       part({sees_earlier})};
    const auto results = backend.store().commit(parts, true);
    BOOST_TEST(!results.at(0).error);
    BOOST_TEST(!message_of<bus::VersionConflict>(results.at(1).error).empty());
    BOOST_TEST(!results.at(2).error);
    BOOST_TEST(!results.at(3).error);
    BOOST_TEST(results.at(2).places.at(0).position == 3U);
    BOOST_TEST(results.at(3).places.at(0).stream_version == 2U);
    reopen(backend);
    BOOST_TEST(positions(backend.store().read(0, all)) == (Positions{1, 2, 3, 4}),
               boost::test_tools::per_element());
    BOOST_TEST(!backend.store().agent("worker").has_value());
    BOOST_TEST(!backend.store().state("worker", "key").has_value());
    BOOST_TEST(!backend.store().find(id(3)).has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(no_way_of_reading_finds_a_trace_of_a_refused_part, Backend,
                              Backends) {
    Backend backend;
    append(backend.store(), event(1));
    bus::NewEvent stale = event(3, "B");
    stale.record.event_type = "NewTypeEvent";
    stale.expected_version = 9;
    bus::NewEvent fresh = event(2, "B");
    fresh.record.event_type = "NewTypeEvent";
    BOOST_TEST(!!commit(backend.store(), part({fresh, stale})).error);
    BOOST_TEST(backend.store().read_type("NewTypeEvent", 0, all).empty());
    BOOST_TEST(backend.store().read_execution("exec-B", 0, all).empty());
    BOOST_TEST(backend.store().read_stream("Order", "B", 0, all).empty());
    BOOST_TEST(append(backend.store(), fresh).position == 2U);
    BOOST_TEST(backend.store().read_type("NewTypeEvent", 0, all).size() == 1U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_page_read_event_by_event_is_the_same_as_one_read_whole, Backend,
                              Backends) {
    Backend backend;
    bus::EventStore& store = backend.store();
    std::vector<bus::EventRecord> records;
    for (unsigned char n = 1; n <= 9; ++n) {
        bus::NewEvent event = test::event(n);
        // Short texts after long ones, and empty ones after both.
        event.record.user_id = std::string(n % 3 == 0 ? 0U : 200U / n, 'u');
        event.record.causation_id = n % 2 == 0 ? id(n + 100) : bus::Uuid{};
        records.push_back(event.record);
        append(store, std::move(event));
    }
    std::vector<bus::StoredEvent> taken;
    const std::size_t count = store.read_each(2, 5, [&](bus::StoredEvent& event) {
        BOOST_TEST(!event.event);
        if (event.position % 2 == 0) {
            taken.push_back(std::move(event));
        } else {
            taken.push_back(event);
        }
    });
    BOOST_TEST(count == 5U);
    BOOST_REQUIRE(taken.size() == 5U);
    for (std::size_t i = 0; i < taken.size(); ++i) {
        BOOST_TEST(taken[i].position == i + 3);
        check_same(taken[i].record, records[i + 2]);
    }
    BOOST_TEST(store.read_each(9, 5, [](bus::StoredEvent&) {}) == 0U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_page_that_is_abandoned_in_the_middle_does_no_harm, Backend,
                              Backends) {
    Backend backend;
    bus::EventStore& store = backend.store();
    for (unsigned char n = 1; n <= 5; ++n) {
        append(store, test::event(n));
    }
    const auto give_up = [](bus::StoredEvent& event) {
        if (event.position == 3) {
            throw std::runtime_error{"enough"};
        }
    };
    BOOST_CHECK_THROW(store.read_each(0, 5, give_up), std::runtime_error);
    append(store, test::event(6));
    BOOST_TEST(store.read_each(0, 10, [](bus::StoredEvent&) {}) == 6U);
}

BOOST_AUTO_TEST_SUITE_END()
