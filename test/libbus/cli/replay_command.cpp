#include "console.hpp"
#include "sample_store.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(replay)

BOOST_AUTO_TEST_CASE(an_agent_without_a_host_is_put_back_for_its_program_to_find) {
    const test::SampleStore store;
    const test::Called called = test::call(
        {"replay", "greeter", "--who", "ann", "--why", "new column", "--store", store.url()});
    BOOST_TEST(called.code == 0);
    BOOST_TEST(called.out == "replay of greeter: replays from position 1, once its program runs\n");
    BOOST_TEST(called.err.find("greeter replays when its program runs next") != std::string::npos,
               called.err);
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
    BOOST_TEST(called.err.find("goes on in") == std::string::npos, called.err);
    const auto agent = store.open()->agent("greeter").value();
    BOOST_TEST(agent.checkpoint == 0U);
    BOOST_TEST(agent.replay.through == 26U);
    store.end_host();
}

BOOST_AUTO_TEST_CASE(a_running_host_replays_and_its_progress_is_awaited) {
    test::SampleStore store;
    store.run_host();
    const auto pongs = [&] {
        return store.host().store()->read_type("PongEvent", 0, 1'000).size();
    };
    const std::size_t before = pongs();
    test::TestConsole console;
    console.follows_clock = true;
    const test::Called called = call(
        console, {"replay", "greeter", "--why", "a test", "--wait", "30", "--store", store.url()});
    BOOST_TEST(called.code == 0);
    BOOST_TEST(called.out.find("replays from position 1, by") != std::string::npos, called.out);
    store.host().wait_idle();
    BOOST_TEST(pongs() == before);
    store.end_host();
    const auto agent = store.open()->agent("greeter").value();
    BOOST_TEST(agent.checkpoint >= agent.replay.through);
    BOOST_TEST(agent.finished == 12U);
}

BOOST_AUTO_TEST_SUITE_END()
