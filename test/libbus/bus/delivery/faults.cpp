// A fault point is made to fail in a publish, at a checkpoint, at a timer and in a stop. The
// failure is reported, nothing committed is lost, and work continues.
#include "test/libbus/bus/delivery/sqlite_world.hpp"
#include <bus/observers.hpp>
#include <bus/runtime/fault_point.hpp>

#include <algorithm>

using namespace std::chrono_literals;
using test::BufferedEvent;
using test::ping;
using test::PingEvent;
namespace faults = bus::faults;

namespace {

struct World {
    test::TempFolder folder;
    test::SqliteWorld world{folder.path() / "store.db"};

    World() { world.start(); }

    World(const World&) = delete;
    World& operator=(const World&) = delete;

    ~World() { faults::choose(""); }

    void restart() {
        world.end();
        faults::choose("");
        world.start();
    }
};

faults::PointStatus status(const std::string& point) {
    const auto all = faults::points();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.name == point; });
    return found != all.end() ? *found : faults::PointStatus{};
}

std::uint64_t hits(const std::string& point) {
    return status(point).hits;
}

/// The reports of failures that no caller receives.
struct Troubles {
    explicit Troubles(bus::Bus& bus) : observers{bus} {
        observers.trouble.connect([this](std::string_view what) { told.emplace_back(what); });
    }

    [[nodiscard]] auto with(std::string_view part) const {
        return std::count_if(told.begin(), told.end(), [&](const std::string& what) {
            return what.find(part) != std::string::npos;
        });
    }

    std::vector<std::string> told;
    bus::Observers observers;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(fault_points_that_fail, World)

BOOST_AUTO_TEST_CASE(each_stage_of_an_event_can_be_made_to_fail) {
    for (const char* point : {"publish.before_submit", "commit.before", "commit.before_commit",
                              "step.before", "checkpoint.write", "timer.before_fire",
                              "recovery.read", "stop.before_drain", "stop.after"}) {
        BOOST_TEST_CONTEXT(point) {
            BOOST_TEST(status(point).can_fail);
        }
    }
}

BOOST_AUTO_TEST_CASE(S1_a_publish_that_fails_before_it_is_handed_over_leaves_nothing) {
    BOOST_TEST(world.publish(1));
    faults::choose("publish.before_submit=fail");
    BOOST_TEST(!world.publish(2));
    BOOST_TEST(world.refusal == "publish.before_submit: made to fail");
    BOOST_CHECK_THROW(world.bus->post(ping("x", 3)), bus::StoreError);
    world.runtime->run_until_idle(1h);
    BOOST_TEST(world.numbers<PingEvent>() == std::vector<std::int64_t>{1},
               boost::test_tools::per_element());
    faults::choose("publish.before_submit=fail@2");
    BOOST_TEST(world.publish(2));
    BOOST_TEST(!world.publish(3));
    BOOST_TEST(world.publish(4));
    world.check_whole();
    BOOST_TEST(world.numbers<PingEvent>() == (std::vector<std::int64_t>{1, 2, 4}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(S10_a_checkpoint_that_is_refused_is_written_later_and_nothing_is_run_again) {
    const auto checkpoint = [this] { return world.store->agent("answerer")->checkpoint; };
    faults::choose("checkpoint.write=fail");
    for (std::int64_t i = 0; i < 10; ++i) {
        BOOST_TEST(world.publish(i));
    }
    world.runtime->run_for(10s);
    BOOST_TEST(hits("checkpoint.write") > 2U); // tried again and again
    BOOST_TEST(checkpoint() < world.store->last_position());
    const bus::Position before = checkpoint();
    BOOST_TEST(world.publish(10)); // its step also settles what was passed, without a separate part
    world.runtime->run_for(100ms);
    BOOST_TEST(checkpoint() > before);
    faults::choose("");
    world.check_whole();
    BOOST_TEST(checkpoint() == world.store->last_position());
}

BOOST_AUTO_TEST_CASE(S10_a_checkpoint_that_is_refused_at_the_end_is_written_after_the_restart) {
    for (std::int64_t i = 0; i < 10; ++i) {
        BOOST_TEST(world.publish(i));
    }
    BOOST_TEST(world.bus->wait_idle());
    faults::choose("checkpoint.write=fail");
    BOOST_TEST(world.bus->stop(bus::Stop::drain).drained);
    BOOST_TEST(hits("checkpoint.write") > 0U);
    BOOST_TEST(world.store->agent("answerer")->checkpoint < world.store->last_position());
    restart();
    BOOST_TEST(world.publish(10));
    world.check_whole();
    BOOST_TEST(world.store->agent("answerer")->checkpoint == world.store->last_position());
}

BOOST_AUTO_TEST_CASE(A9_timers_that_cannot_fire_yet_fire_later_each_once_and_in_order) {
    const Troubles troubles{*world.bus};
    for (std::int64_t i = 0; i < 6; ++i) {
        world.bus->schedule(std::chrono::seconds{i + 1}, ping("x", i));
    }
    faults::choose("timer.before_fire=fail@2, timer.before_fire=fail@3, timer.before_fire=fail@6");
    world.runtime->run_for(1500ms);
    BOOST_TEST(world.numbers<PingEvent>().size() == 1U);
    world.check_whole();
    BOOST_TEST(hits("timer.before_fire") == 6U + 3U);
    BOOST_TEST(troubles.with("timers: timer.before_fire: made to fail") == 3);
    BOOST_TEST(world.store->timers(bus::Timestamp::min(), 0, 10).empty());
    std::vector<std::int64_t> fired;
    for (const bus::StoredEvent& event : world.store->read_type("PingEvent", 0, 100)) {
        fired.push_back(static_cast<const PingEvent&>(*bus::decode(event.record)).number);
    }
    BOOST_TEST(fired == (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(A9_a_timer_that_cannot_fire_until_the_end_fires_after_the_restart) {
    world.bus->schedule(1s, ping("x", 1));
    faults::choose("timer.before_fire=fail");
    world.runtime->run_for(10s);
    BOOST_TEST(hits("timer.before_fire") > 2U);
    BOOST_TEST(!world.bus->idle());
    world.bus->stop(bus::Stop::now);
    BOOST_TEST(world.numbers<PingEvent>().empty());
    restart();
    world.check_whole();
    BOOST_TEST(world.numbers<PingEvent>() == std::vector<std::int64_t>{1},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(A11_a_drain_that_fails_says_what_it_has_left_and_a_restart_continues) {
    for (std::int64_t i = 0; i < 20; ++i) {
        BOOST_TEST(world.publish(i));
    }
    faults::choose("stop.before_drain=fail@1");
    const bus::StopReport report = world.bus->stop(bus::Stop::drain);
    BOOST_TEST(!report.drained);
    BOOST_TEST(report.queued > 0U);
    BOOST_TEST(world.numbers<BufferedEvent>().size() < 20U);
    restart();
    world.check_whole();
}

BOOST_AUTO_TEST_CASE(A11_a_stop_that_fails_at_its_end_is_reported_and_may_be_repeated) {
    for (std::int64_t i = 0; i < 20; ++i) {
        BOOST_TEST(world.publish(i));
    }
    faults::choose("stop.after=fail@1");
    BOOST_CHECK_THROW(world.bus->stop(bus::Stop::drain), bus::StoreError);
    const bus::StopReport report = world.bus->stop(bus::Stop::drain);
    BOOST_TEST(report.drained);
    BOOST_TEST(report.queued == 0U);
    BOOST_TEST(report.deferred > 0U); // these are left to the next run
    restart();
    BOOST_TEST(world.publish(20));
    world.check_whole();
}

BOOST_AUTO_TEST_CASE(A11_if_the_end_of_a_bus_fails_its_observers_are_notified) {
    const Troubles troubles{*world.bus};
    BOOST_TEST(world.publish(1));
    faults::choose("stop.after=fail");
    world.bus.reset();
    BOOST_TEST(troubles.with("stop.after: made to fail") == 1);
    restart();
    world.check_whole();
}

BOOST_AUTO_TEST_SUITE_END()
