// Tests of the simulation's checks: for each check of the packer and of operators' requests, the
// fault that it must find is planted in a store.
#include "demo/events/order_events.hpp"
#include "test/simulation/parcels.hpp"
#include "test/simulation/request_checks.hpp"
#include <bus/event/codec.hpp>
#include <bus/event/uuid.hpp>
#include <bus/store/memory_store.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using simulation::ParcelCollectedEvent;
using simulation::ParcelPackedEvent;

const bus::Timestamp noon = bus::parse_timestamp("2026-03-02T12:00:00Z");
using Sentences = std::vector<std::string>;

/// A store as the packer leaves it, except for a planted fault.
class Packed {
public:
    explicit Packed(const char* agent = simulation::older_packer) : agent_{agent} {
        write({.agent = agent_, .start = 0});
    }

    bus::MemoryStore& store() { return store_; }

    template <class E>
    bus::Position publish(E event, bus::Timestamp at = noon) {
        event.event_id = bus::make_uuid_v7(1'700'000'000'000, 0, ++events_);
        event.occurred_at = at;
        bus::Part part;
        part.events.push_back({.record = bus::encode(event)});
        return write(part).places.front().position;
    }

    bus::Position order(const std::string& id) {
        return publish(demo::OrderCreatedEvent{{}, id, "north", "", ""});
    }

    void pack(const std::string& id, bus::Position of, std::uint32_t redrives = 0) {
        publish(ParcelPackedEvent{{}, id, "north", static_cast<std::int64_t>(of), redrives});
    }

    void collect(const std::string& id) { publish(ParcelCollectedEvent{{}, id}); }

    void keeps(const std::string& json) {
        write({.agent = agent_, .put_states = {{"packed/north", json}}});
    }

    void put(bus::Position position, bus::DeliveryState state, std::uint32_t redrives = 0) {
        write({.agent = agent_,
               .put_deliveries = {{.agent = agent_,
                                   .position = position,
                                   .state = state,
                                   .redrives = redrives,
                                   .sequence = "north"}}});
    }

    void discard(bus::Position position) {
        put(position, bus::DeliveryState::dead);
        bus::Part part;
        part.commands.push_back(
            {bus::DeliveryAction::discard, agent_, position, "operator", "withdrawn"});
        write(part);
    }

    bus::RequestRecord ask(bus::RequestRecord request) {
        request.who = request.who.empty() ? "operator" : request.who;
        request.number = store_.ask(request);
        return request;
    }

    void answer(const bus::RequestRecord& request, const std::string& result,
                bus::Timestamp at = noon) {
        bus::Part part;
        part.answers.push_back({request.number, at, result});
        write(part);
    }

    bus::PartResult write(const bus::Part& part) {
        const bus::PartResult result = store_.commit({&part, 1}, true).front();
        BOOST_REQUIRE(!result.error);
        return result;
    }

    Sentences parcels(const std::set<bus::Position>& discards = {}) {
        return simulation::check_parcels(store_, store_, discards,
                                         agent_ == simulation::newer_packer);
    }

    Sentences requests(const std::vector<bus::RequestRecord>& asked, bool clock_was_set = false,
                       bus::Duration retention = {}) {
        return simulation::check_requests(
            store_, asked, {.clock_was_set = clock_was_set, .retention = retention, .log = store_});
    }

private:
    std::string agent_;
    bus::MemoryStore store_;
    std::uint64_t events_ = 0;
};

/// Two orders, packed in order and collected.
void fill(Packed& packed) {
    const bus::Position a = packed.order("a");
    const bus::Position b = packed.order("b");
    packed.pack("a", a);
    packed.pack("b", b);
    packed.collect("a");
    packed.collect("b");
    packed.keeps(R"(["a","b"])");
}

const bus::RequestRecord removal{.action = bus::DeliveryAction::prune_requests, .before = noon};

/// Three orders, and the log pruned up to the second one.
void prune_two(Packed& packed) {
    for (const char* id : {"a", "b", "c"}) {
        packed.order(id);
    }
    packed.write({.agent = simulation::older_packer, .settled = {{1, 3}}});
    BOOST_REQUIRE(packed.store().prune(2, 10) == 2);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_history_in_which_each_order_is_packed_once_and_collected_passes) {
    for (const char* agent : {simulation::older_packer, simulation::newer_packer}) {
        Packed packed{agent};
        fill(packed);
        BOOST_TEST(packed.parcels() == Sentences{}, boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_CASE(an_order_that_was_not_packed_is_found) {
    Packed packed;
    fill(packed);
    packed.order("c");
    BOOST_TEST(packed.parcels() ==
                   (Sentences{"order c was not packed", "agent packing counts 0 as discarded, and "
                                                        "1 orders were not packed"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_order_that_was_packed_twice_is_found) {
    Packed packed;
    fill(packed);
    packed.pack("a", 1, 1);
    packed.keeps(R"(["a","b","a"])");
    BOOST_TEST(packed.parcels() == Sentences{"order a was packed twice"},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(only_a_delivery_that_was_given_up_may_come_after_later_ones) {
    for (const std::uint32_t redrives : {0U, 1U}) {
        Packed packed;
        const bus::Position a = packed.order("a");
        const bus::Position b = packed.order("b");
        packed.pack("b", b);
        packed.pack("a", a, redrives);
        packed.collect("a");
        packed.collect("b");
        packed.keeps(R"(["b","a"])");
        BOOST_TEST(packed.parcels() ==
                       (redrives == 1 ? Sentences{}
                                      : Sentences{"order a was packed after a later one of north, "
                                                  "and was never given up"}),
                   boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_CASE(a_discard_passes_if_it_was_requested_and_is_counted) {
    Packed packed;
    fill(packed);
    const bus::Position c = packed.order("c");
    packed.discard(c);
    BOOST_TEST(packed.parcels({c}) == Sentences{}, boost::test_tools::per_element());
    BOOST_TEST(packed.parcels() == Sentences{"order c was not packed"},
               boost::test_tools::per_element());
    packed.pack("c", c);
    packed.collect("c");
    packed.keeps(R"(["a","b","c"])");
    BOOST_TEST(packed.parcels({c}) == Sentences{"agent packing counts 1 as discarded, and 0 orders "
                                                "were not packed"},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_timer_that_is_lost_or_fires_twice_is_found) {
    Packed packed;
    fill(packed);
    packed.collect("a");
    packed.pack("c", packed.order("c"));
    packed.collect("nobody");
    packed.keeps(R"(["a","b","c"])");
    BOOST_TEST(packed.parcels() ==
                   (Sentences{"the parcel of order a was collected 2 times",
                              "the parcel of order c was collected 0 times",
                              "the parcel of order nobody was collected, and not packed"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_state_that_was_left_behind_is_found) {
    Packed packed;
    fill(packed);
    packed.keeps(R"(["b"])");
    BOOST_TEST(packed.parcels() == Sentences{"agent packing does not keep what it has packed"},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_agent_that_exists_under_both_names_is_found) {
    Packed packed{simulation::newer_packer};
    fill(packed);
    packed.write({.agent = simulation::older_packer, .start = 0});
    BOOST_TEST(packed.parcels() == Sentences{"the store still has an agent packing"},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_agent_that_began_again_is_found) {
    Packed packed{"somebody else"};
    fill(packed);
    packed.write({.agent = simulation::newer_packer,
                  .start = 2,
                  .put_states = {{"packed/north", R"(["a","b"])"}}});
    BOOST_TEST(simulation::check_parcels(packed.store(), packed.store(), {}, true) ==
                   Sentences{"agent parcels began anew after position 2"},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(deliveries_and_timers_that_are_left_are_found) {
    Packed packed;
    fill(packed);
    packed.put(1, bus::DeliveryState::dead);
    demo::OrderCreatedEvent later;
    later.order_id = "later";
    later.event_id = bus::make_uuid_v7(1'700'000'000'000, 0, 99);
    packed.write({.agent = simulation::older_packer,
                  .put_timers = {{.number = 1,
                                  .agent = simulation::older_packer,
                                  .due = noon,
                                  .event = bus::encode(later)}}});
    BOOST_TEST(packed.parcels() ==
                   (Sentences{"agent packing has 1 deliveries left", "1 timers have not fired"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_event_may_be_parked_behind_one_that_was_never_given_up) {
    Packed packed;
    packed.put(1, bus::DeliveryState::deferred);
    packed.put(2, bus::DeliveryState::parked);
    BOOST_TEST(simulation::held_up_by_dead_letters(packed.store()) == Sentences{},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_event_that_is_parked_behind_a_dead_or_redriven_one_is_found) {
    const Sentences found{"agent packing has event 2 parked behind dead or redriven ones only"};
    for (const auto& [state, redrives] :
         {std::pair{bus::DeliveryState::dead, 0U}, std::pair{bus::DeliveryState::deferred, 1U}}) {
        Packed packed;
        packed.put(1, state, redrives);
        packed.put(2, bus::DeliveryState::parked);
        packed.put(3, bus::DeliveryState::deferred); // behind it
        BOOST_TEST(simulation::held_up_by_dead_letters(packed.store()) == found,
                   boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_CASE(a_request_that_is_open_at_the_end_is_found) {
    Packed packed;
    const auto asked = packed.ask({.agent = "packing"});
    BOOST_TEST(packed.requests({asked}) == Sentences{"request 1 was not answered"},
               boost::test_tools::per_element());
    packed.answer(asked, "1 redriven");
    BOOST_TEST(packed.requests({asked}) == Sentences{}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_number_that_is_used_twice_is_found) {
    Packed packed;
    const auto asked = packed.ask({.agent = "packing"});
    packed.answer(asked, "1 redriven");
    auto other = asked;
    other.position = 7;
    BOOST_TEST(packed.requests({asked, other}) ==
                   (Sentences{"request 1 has the number of another one",
                              "request 1 is not what was asked"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_request_removed_unasked_or_too_young_or_as_the_newest_is_found) {
    Packed packed;
    auto gone = packed.ask({.at = noon - 1s, .agent = "packing"});
    packed.answer(gone, "1 redriven", noon - 1s);
    const auto prune = packed.ask(removal);
    packed.answer(prune, "1 request removed", noon);
    BOOST_REQUIRE(packed.store().prune_requests(noon, 10) == 1);
    BOOST_TEST(packed.requests({gone, prune}) == Sentences{}, boost::test_tools::per_element());

    const Sentences unwanted{"request 1 is gone, and nobody wanted that"};
    BOOST_TEST(packed.requests({gone}) == unwanted, boost::test_tools::per_element());
    gone.at = noon;
    BOOST_TEST(packed.requests({gone, prune}) == unwanted, boost::test_tools::per_element());
    BOOST_TEST(packed.requests({gone, prune}, true) == Sentences{},
               boost::test_tools::per_element());
    gone.at = noon - 1s;
    gone.number = 3;
    BOOST_TEST(packed.requests({gone, prune}) == Sentences{"request 3 is gone, and was the newest"},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_request_that_should_be_removed_but_stays_is_found) {
    Packed packed;
    const auto old = packed.ask({.agent = "packing"});
    packed.answer(old, "1 redriven", noon - 1s);
    const auto prune = packed.ask(removal);
    packed.answer(prune, "0 requests removed", noon);
    BOOST_TEST(packed.requests({old, prune}) == Sentences{"request 1 was to go with request 2"},
               boost::test_tools::per_element());
    BOOST_TEST(packed.requests({old, prune}, true) == Sentences{},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(events_removed_although_nobody_asked_for_it_are_found) {
    Packed packed;
    prune_two(packed);
    auto asked = packed.ask({.action = bus::DeliveryAction::prune, .position = 2});
    packed.answer(asked, "2 events removed");
    BOOST_TEST(packed.requests({asked}) == Sentences{}, boost::test_tools::per_element());

    Packed other;
    prune_two(other);
    asked = other.ask({.action = bus::DeliveryAction::prune, .position = 1});
    other.answer(asked, "1 event removed");
    BOOST_TEST(other.requests({asked}) ==
                   Sentences{"the events up to 2 are gone, and nobody asked for more than up to 1"},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(events_that_should_be_removed_but_stay_are_found) {
    Packed packed;
    prune_two(packed);
    const auto asked = packed.ask({.action = bus::DeliveryAction::prune, .position = 3});
    packed.answer(asked, "2 events removed, then: cannot prune");
    BOOST_TEST(packed.requests({asked}) == Sentences{}, boost::test_tools::per_element());
    const auto again = packed.ask({.action = bus::DeliveryAction::prune, .position = 3});
    packed.answer(again, "0 events removed");
    BOOST_TEST(packed.requests({asked, again}) ==
                   Sentences{"request 2 was to remove the events up to 3, and the first is 3"},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_retention_that_asks_for_young_events_is_found) {
    Packed packed;
    packed.order("a");
    packed.write({.agent = simulation::older_packer, .settled = {{1, 1}}});
    const auto asked = packed.ask({.at = noon + 30s,
                                   .who = "retention",
                                   .action = bus::DeliveryAction::prune,
                                   .position = 1});
    packed.answer(asked, "nothing: refused");
    BOOST_TEST(packed.requests({}, false, 29s) == Sentences{}, boost::test_tools::per_element());
    BOOST_TEST(packed.requests({}, false, 30s) ==
                   Sentences{"request 1 of the retention is for event 1, which was too young"},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_renaming_that_happened_twice_or_not_at_all_is_found) {
    for (const char* agent : {simulation::older_packer, simulation::newer_packer}) {
        Packed packed{agent};
        const auto trace = packed.ask({.action = bus::DeliveryAction::rename, .agent = "packing"});
        packed.answer(trace, "renamed");
        const bool renamed = agent == std::string{simulation::newer_packer};
        BOOST_TEST(packed.requests({}) ==
                       (renamed ? Sentences{} : Sentences{"the packer was renamed 1 times"}),
                   boost::test_tools::per_element());
        if (renamed) {
            const auto other =
                packed.ask({.action = bus::DeliveryAction::rename, .agent = "packing"});
            packed.answer(other, "renamed");
            BOOST_TEST(packed.requests({}) == Sentences{"the packer was renamed 2 times"},
                       boost::test_tools::per_element());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_log_pruned_beyond_what_an_agent_has_handled_is_found) {
    Packed packed;
    prune_two(packed);
    BOOST_TEST(simulation::pruned_too_early(packed.store()) == Sentences{},
               boost::test_tools::per_element());
    packed.put(2, bus::DeliveryState::dead);
    packed.write({.agent = "late", .start = 1});
    BOOST_TEST(simulation::pruned_too_early(packed.store()) ==
                   (Sentences{"the events up to 2 are pruned, and agent late is at 1",
                              "event 2 is pruned, and agent packing is not done with it"}),
               boost::test_tools::per_element());
}
