#include "console.hpp"
#include "sample_store.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace {

using test::holds;

/// A host whose greeter stops a replay before the ping at position 11 until it is released.
class HeldHost {
public:
    HeldHost() {
        sample_.run_host([this](std::int64_t number) {
            constexpr std::int64_t stop_at = 6;
            std::unique_lock lock{mutex_};
            held_ = held_ || number == stop_at;
            changed_.notify_all();
            changed_.wait(lock, [&] { return number != stop_at || let_go_; });
        });
    }

    HeldHost(const HeldHost&) = delete;
    HeldHost& operator=(const HeldHost&) = delete;

    ~HeldHost() {
        let_go();
        sample_.end_host();
    }

    test::Called replay(std::vector<std::string> more) {
        more.insert(more.begin(), {"replay", "greeter", "--from", "11", "--store", sample_.url()});
        return call(console, more);
    }

    void wait_until_held() {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return held_; });
    }

    void let_go() {
        const std::lock_guard lock{mutex_};
        let_go_ = true;
        changed_.notify_all();
    }

    void wait_until_replayed() const {
        while (greeter().checkpoint < greeter().replay.through) {
            std::this_thread::yield();
        }
    }

    [[nodiscard]] bus::AgentRecord greeter() const { return store_->agent("greeter").value(); }

    [[nodiscard]] std::size_t pongs() const {
        return store_->read_type("PongEvent", 0, 1'000).size();
    }

    test::TestConsole console;

private:
    test::SampleStore sample_;
    std::unique_ptr<bus::SqliteStore> store_{sample_.open()};
    std::mutex mutex_;
    std::condition_variable changed_;
    bool held_ = false;
    bool let_go_ = false;
};

/// Does what a host does at a request to replay the greeter: sets it back, and replays this many
/// events at each call.
void go_on(bus::EventStore& store, bus::Position events) {
    bus::Part part;
    part.agent = "greeter";
    const bus::AgentRecord greeter = store.agent("greeter").value();
    if (const auto open = store.requests(0, 1, true); !open.empty()) {
        part.replay = bus::ReplayOrder{.after = 0};
        part.answers.push_back({open.front().number, {}, "replays from position 1"});
    } else {
        part.settled = {
            {greeter.checkpoint + 1, std::min(greeter.checkpoint + events, store.last_position())}};
    }
    BOOST_REQUIRE(!store.commit({&part, 1}, true).front().error);
}

} // namespace

BOOST_AUTO_TEST_SUITE(replay)

BOOST_AUTO_TEST_CASE(an_agent_without_a_host_is_set_back_and_replays_when_its_program_runs) {
    const test::SampleStore store;
    const test::Called called = test::call(
        {"replay", "greeter", "--who", "ann", "--why", "new column", "--store", store.url()});
    BOOST_TEST(called.code == 0);
    BOOST_TEST(called.out == "replay of greeter: replays from position 1, once its program runs\n");
    BOOST_TEST(called.err == ""); // it is said once
    const auto agent = store.open()->agent("greeter").value();
    BOOST_TEST(agent.checkpoint == 0U);
    BOOST_TEST(agent.replay.through == 26U);
    BOOST_TEST(!agent.replay.effects);
    const auto requests = store.open()->requests(0, 10, false);
    BOOST_REQUIRE(!requests.empty());
    BOOST_TEST(requests.back().who == "ann");
    BOOST_TEST(requests.back().why == "new column");
    BOOST_TEST(requests.back().done_at.has_value());
    BOOST_TEST(test::call({"verify", "--store", store.url()}).code == 0);
}

BOOST_AUTO_TEST_CASE(a_dry_run_says_what_would_be_handled_again_and_changes_nothing) {
    const test::SampleStore store;
    const test::Called called =
        test::call({"replay", "biller", "--from", "5", "--dry-run", "--store", store.url()});
    BOOST_TEST(called.code == 0);
    BOOST_TEST(called.out.find("the 22 events of the log from position 5 to 26") !=
                   std::string::npos,
               called.out);
    BOOST_TEST(called.out.find("8 deliveries that have not finished would stay as they are") !=
                   std::string::npos,
               called.out);
    BOOST_TEST(store.open()->agent("biller")->checkpoint == 26U);
}

BOOST_AUTO_TEST_CASE(a_replay_and_its_dry_run_warn_that_pruned_events_do_not_come_back) {
    const test::SampleStore store;
    BOOST_REQUIRE(test::call({"prune", "--before", "5", "--store", store.url()}).code == 0);
    const std::string pruned = "bus: the events up to 4 were pruned: what greeter keeps of them is "
                               "dropped from its state, and no replay brings it back; ";
    const test::Called json =
        test::call({"replay", "greeter", "--dry-run", "--json", "--store", store.url()});
    BOOST_TEST(holds(json.err, pruned), json.err);
    BOOST_TEST(boost::json::parse(json.out).at("pruned_through").as_int64() == 4);
    for (const char* dry : {"--dry-run", "--progress"}) {
        const test::Called called = test::call({"replay", "greeter", dry, "--store", store.url()});
        BOOST_TEST(called.code == 0);
        BOOST_TEST(holds(called.err, pruned), called.err);
        BOOST_TEST(!holds(called.err, "--from"), called.err);
    }
    // It has begun at 5 now, and its state has nothing from before.
    BOOST_TEST(test::call({"replay", "greeter", "--dry-run", "--store", store.url()}).err == "");
}

BOOST_AUTO_TEST_CASE(a_replay_from_a_later_position_warns_of_what_it_drops) {
    const test::SampleStore store;
    const std::string dropped = "with --from 9 what greeter keeps of the events 1 to 8 is dropped "
                                "from its state too, and comes back only by a replay from 1";
    for (const char* dry : {"--dry-run", "--progress"}) {
        const test::Called called =
            test::call({"replay", "greeter", "--from", "9", dry, "--store", store.url()});
        BOOST_TEST(called.code == 0);
        BOOST_TEST(called.err == "bus: " + dropped + "\n");
    }
}

BOOST_AUTO_TEST_CASE(wrong_use_says_what_would_be_right) {
    const test::SampleStore store;
    const test::Called unknown = test::call({"replay", "greetre", "--store", store.url()});
    BOOST_TEST(unknown.code != 0);
    BOOST_TEST(unknown.err.find("greeter") != std::string::npos, unknown.err);
    const test::Called behind =
        test::call({"replay", "greeter", "--from", "27", "--store", store.url()});
    BOOST_TEST(behind.code == 2);
    BOOST_TEST(behind.err.find("26") != std::string::npos, behind.err);
    const test::Called silent =
        test::call({"replay", "greeter", "--effects", "--store", store.url()});
    BOOST_TEST(silent.code == 2);
    BOOST_TEST(silent.err.find("--why") != std::string::npos, silent.err);
}

BOOST_AUTO_TEST_CASE(a_replay_beside_a_host_that_does_not_run_the_agent_is_said_to_wait_for_one) {
    test::SampleStore store;
    store.run_host();
    store.host().remove("greeter");
    test::TestConsole console;
    console.follows_clock = true;
    const test::Called called =
        call(console, {"replay", "greeter", "--wait", "5", "--store", store.url()});
    BOOST_TEST(called.code == 6);
    BOOST_TEST(called.out.find("replays from position 1, once its program runs, by test_host") !=
                   std::string::npos,
               called.out);
    BOOST_TEST(called.err.find("does not run greeter") != std::string::npos, called.err);
    BOOST_TEST(called.err.find("continues the replay") == std::string::npos, called.err);
    const auto agent = store.open()->agent("greeter").value();
    BOOST_TEST(agent.checkpoint == 0U);
    BOOST_TEST(agent.replay.through == 26U);
    store.end_host();
}

BOOST_FIXTURE_TEST_CASE(a_replay_that_a_host_has_not_finished_is_said_to_continue_in_it, HeldHost) {
    console.on_pause = [&] { wait_until_held(); };
    const test::Called called = replay({"--wait", "10", "--progress"});
    BOOST_TEST(called.code == 0);
    BOOST_TEST(
        holds(called.out, "replay of greeter from 11: replays from position 11, by test_host"),
        called.out);
    BOOST_TEST(holds(called.err, "events 0/16  0.00/s  0 %\n"), called.err);
    BOOST_TEST(holds(called.err, "greeter is at position 10 of 26; test_host (process "),
               called.err);
    BOOST_TEST(holds(called.err, ") continues the replay: see `bus agents list`\n"), called.err);
    BOOST_TEST((console.time >= bus::Timestamp{std::chrono::seconds{10}}));
}

BOOST_FIXTURE_TEST_CASE(a_replay_in_a_running_host_is_awaited_to_its_end, HeldHost) {
    const std::size_t before = pongs();
    int pauses = 0;
    console.on_pause = [&] {
        wait_until_held();
        if (++pauses > 50) {
            let_go();
            wait_until_replayed();
        }
    };
    const test::Called called = replay({"--wait", "1000"});
    BOOST_TEST(called.code == 0);
    BOOST_TEST(!holds(called.err, "continues the replay"), called.err);
    const bus::AgentRecord agent = greeter(); // as it is when the command returns
    BOOST_TEST(agent.checkpoint >= agent.replay.through);
    BOOST_TEST(agent.replay.through == 26U);
    BOOST_TEST(pauses == 51);
    BOOST_TEST(pongs() == before);
}

BOOST_AUTO_TEST_CASE(the_progress_of_a_replay_follows_the_checkpoint) {
    const test::SampleStore sample;
    const auto host = bus::SqliteStore::open({.path = sample.path(), .program = "slow_host"});
    test::TestConsole console;
    console.on_pause = [&] { go_on(*host, 13); };
    const test::Called called = test::call_with_progress(
        console, {"replay", "greeter", "--wait", "1000", "--store", sample.url()});
    BOOST_TEST(called.code == 0);
    BOOST_TEST(holds(called.err, "events 0/26"), called.err);
    BOOST_TEST(holds(called.err, "events 13/26"), called.err);
    BOOST_TEST(holds(called.err, "  50 %  "), called.err);
    BOOST_TEST(!holds(called.err, "continues the replay"), called.err);
    BOOST_TEST(host->agent("greeter")->checkpoint == 26U);
}

BOOST_AUTO_TEST_SUITE_END()
