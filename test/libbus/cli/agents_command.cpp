#include "console.hpp"
#include "sample_store.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(agents)

BOOST_AUTO_TEST_CASE(list_shows_where_each_agent_is_and_what_it_has_left) {
    const test::SampleStore store;
    const test::Called called = test::call({"agents", "list", "--store", store.url()});
    BOOST_TEST(called.code == 0);
    BOOST_TEST(called.err == "");
    BOOST_TEST(
        called.out ==
        "agent    checkpoint  lag  in flight  finished  deferred  parked  dead  quarantined\n"
        "----------------------------------------------------------------------------------\n"
        "biller           26    0          0         4         1       5     2            0\n"
        "greeter          26    0          0        12         0       0     0            0\n"
        "\n"
        "agent   has not finished  version  deferred  parked  dead  waits for\n"
        "--------------------------------------------------------------------\n"
        "biller  PongEvent               1         1       5     2\n");
    BOOST_TEST(test::call({"agents", "--store", store.url()}).out == called.out);
}

BOOST_AUTO_TEST_CASE(list_uses_colours_only_if_they_are_wanted) {
    const test::SampleStore store;
    test::TestConsole console;
    console.look = {.terminal = true, .colours = true, .utf8 = true, .width = 40};
    const test::Called painted = call(console, {"dead-letters", "list", "--store", store.url()});
    BOOST_TEST(painted.out.find("\x1b[") != std::string::npos);
    const test::Called plain = call(
        console, {"dead-letters", "list", "--each", "--color", "never", "--store", store.url()});
    BOOST_TEST(plain.out.find("\x1b[") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(list_prints_one_object_per_line_for_programs) {
    const test::SampleStore store;
    const test::Called called = test::call({"agents", "list", "--json", "--store", store.url()});
    BOOST_TEST(called.code == 0);
    const std::string first = called.out.substr(0, called.out.find('\n'));
    const auto biller = boost::json::parse(first).as_object();
    BOOST_TEST(biller.at("agent").as_string() == "biller");
    BOOST_TEST(biller.at("dead").as_int64() == 2);
    BOOST_TEST(biller.at("deferred").as_int64() == 1);
    BOOST_TEST(biller.at("parked").as_int64() == 5);
    BOOST_TEST(biller.at("in_flight").as_int64() == 0);
    BOOST_TEST(biller.at("lag").as_int64() == 0);
    BOOST_TEST(biller.at("waiting") ==
               boost::json::parse(R"([{"event_type": "PongEvent", "event_version": 1,
                                      "deferred": 1, "waits_for_newer_program": 0,
                                      "parked": 5, "dead": 2}])"));
}

BOOST_AUTO_TEST_CASE(S25_list_says_what_waits_for_a_program_that_knows_its_version) {
    const test::SampleStore sample;
    {
        const auto store = bus::SqliteStore::open({.path = sample.path()});
        std::vector<bus::Part> parts(2);
        for (std::uint64_t number = 1; number <= 2; ++number) {
            bus::EventRecord record = test::parcel(100 + number);
            record.event_version = 9;
            parts[0].events.push_back({.record = record});
        }
        parts[1].agent = "biller";
        parts[1].settled = {{27, 28}};
        parts[1].delivered = 2;
        for (const bus::Position position : {27U, 28U}) {
            parts[1].put_deliveries.push_back(
                {.agent = "biller",
                 .position = position,
                 .state =
                     position == 27 ? bus::DeliveryState::deferred : bus::DeliveryState::parked,
                 .due = position == 27 ? bus::due_in_newer_program : bus::Timestamp{},
                 .sequence = "Parcel/p-1",
                 .attempts = {}});
        }
        for (const bus::PartResult& result : store->commit(parts, true)) {
            BOOST_REQUIRE(!result.error);
        }
    }
    const std::string table = test::call({"agents", "list", "--store", sample.url()}).out;
    const std::size_t row = table.find("biller  ParcelWeighedEvent ");
    BOOST_TEST_REQUIRE(row != std::string::npos, table);
    const std::string line = table.substr(row, table.find('\n', row) - row);
    BOOST_TEST(line.ends_with("9         1       1     0  a program that knows version 9"), line);
    const std::string shown =
        test::call({"dead-letters", "show", "biller", "27", "--store", sample.url()}).out;
    BOOST_TEST(shown.find("biller at 27: deferred, waits for a program that knows the version of "
                          "its event") == 0,
               shown);
    BOOST_TEST(test::call({"verify", "--store", sample.url()}).code == 0);
}

BOOST_AUTO_TEST_CASE(list_shows_how_far_a_replay_is_while_there_is_one) {
    const test::SampleStore sample;
    const auto list = [&](const std::string& more) {
        return test::call({"agents", "list", more, "--store", sample.url()}).out;
    };
    const auto replay_of_greeter = [&] {
        const std::string out = list("--json");
        return boost::json::parse(out.substr(out.find("{\"agent\":\"greeter\""))).at("replay");
    };
    BOOST_TEST(replay_of_greeter().is_null());
    BOOST_TEST(list("--progress").find("replay") == std::string::npos);
    test::call({"replay", "greeter", "--from", "5", "--store", sample.url()});
    BOOST_TEST(replay_of_greeter().at("percent").as_int64() == 0);
    {
        const auto store = bus::SqliteStore::open({.path = sample.path()});
        bus::Part part;
        part.agent = "greeter";
        part.settled = {{5, 15}};
        BOOST_REQUIRE(!store->commit({&part, 1}, true).front().error);
    }
    const std::string table = list("--progress");
    BOOST_TEST(table.find("  quarantined  replay\n") != std::string::npos, table);
    BOOST_TEST(table.find("    2            0\n") != std::string::npos, table); // the biller's
    BOOST_TEST(table.find("    0            0  15 of 26, 50 %\n") != std::string::npos, table);
    const auto replay = replay_of_greeter().as_object();
    BOOST_TEST(replay.at("position").as_int64() == 15);
    BOOST_TEST(replay.at("through").as_int64() == 26);
    BOOST_TEST(replay.at("percent").as_int64() == 50);
    BOOST_TEST(!replay.at("effects").as_bool());
}

BOOST_AUTO_TEST_CASE(lag_and_events_under_way_are_counted_without_those_settled_ahead) {
    const test::SampleStore sample;
    {
        const auto store = bus::SqliteStore::open({.path = sample.path()});
        std::vector<bus::Part> parts(2);
        parts[0].agent = "slow";
        parts[0].start = 20;
        parts[0].settled = {{23, 24}};
        parts[0].begun = bus::BegunNote{.range = {21, 25}};
        store->commit(parts, true);
    }
    const test::Called called = test::call({"agents", "list", "--json", "--store", sample.url()});
    const std::string last = called.out.substr(called.out.find("{\"agent\":\"slow\""));
    const auto slow = boost::json::parse(last).as_object();
    BOOST_TEST(slow.at("lag").as_int64() == 4);       // 21, 22, 25, 26
    BOOST_TEST(slow.at("in_flight").as_int64() == 3); // 21, 22, 25
}

BOOST_AUTO_TEST_CASE(forget_removes_an_agent_and_a_dry_run_does_not) {
    const test::SampleStore store;
    const test::Called dry =
        test::call({"agents", "forget", "biller", "--dry-run", "--store", store.url()});
    BOOST_TEST(dry.code == 0);
    BOOST_TEST(dry.out.find("would forget biller") == 0, dry.out);
    BOOST_TEST(dry.out.find("2 dead deliveries; a host that runs biller refuses\n") !=
                   std::string::npos,
               dry.out);
    BOOST_TEST(store.open()->agent("biller").has_value());

    const test::Called real = test::call({"agents", "forget", "biller", "--store", store.url()});
    BOOST_TEST(real.code == 0);
    BOOST_TEST(real.out ==
               "forget biller: forgotten, with 8 deliveries that had not finished, as no "
               "host runs the store\n");
    BOOST_TEST(!store.open()->agent("biller"));
    BOOST_TEST(store.open()->agent("greeter").has_value());
    BOOST_TEST(test::call({"verify", "--store", store.url()}).code == 0);
}

BOOST_AUTO_TEST_CASE(forgetting_records_who_and_why) {
    const test::SampleStore store;
    const test::Called called =
        test::call({"agents", "forget", "biller", "--who", "ann", "--why", "replaced by billing",
                    "--json", "--store", store.url()});
    const auto object = boost::json::parse(called.out).as_object();
    BOOST_TEST(object.at("action").as_string() == "forget");
    BOOST_TEST(object.at("agent").as_string() == "biller");
    BOOST_TEST(object.at("done_at").is_string());
    const test::Called trace = test::call({"requests", "--store", store.url()});
    for (const char* word : {"ann", "forget biller", "replaced by billing", "forgotten, with 8"}) {
        BOOST_TEST(trace.out.find(word) != std::string::npos, trace.out);
    }
    BOOST_TEST(test::call({"requests", "--open", "--store", store.url()}).out == "");
}

BOOST_AUTO_TEST_CASE(forgetting_an_unknown_agent_names_the_one_that_was_meant) {
    const test::SampleStore store;
    const test::Called called = test::call({"agents", "forget", "biler", "--store", store.url()});
    BOOST_TEST(called.code == 1);
    BOOST_TEST(called.err.find("did you mean 'biller'") != std::string::npos, called.err);
}

BOOST_AUTO_TEST_CASE(a_running_host_forgets_an_agent_that_is_gone_but_not_one_that_it_runs) {
    test::SampleStore store;
    store.run_host();
    test::TestConsole console;
    console.follows_clock = true;
    const std::vector<std::string> forget{"agents", "forget",  "biller",   "--why",
                                          "gone",   "--store", store.url()};
    const test::Called refused = call(console, forget);
    BOOST_TEST(refused.code == 3);
    BOOST_TEST(refused.out == "");
    for (const char* word : {"agent biller is on this bus: remove it before it is forgotten",
                             "refused by test_host (process"}) {
        BOOST_TEST(refused.err.find(word) != std::string::npos, refused.err);
    }
    BOOST_TEST(store.open()->agent("biller").has_value());

    store.host().remove("biller");
    const test::Called called = call(console, forget);
    BOOST_TEST(called.code == 0, called.err);
    BOOST_TEST(called.out.find("forget biller: forgotten, with ") == 0, called.out);
    BOOST_TEST(called.out.find(", by test_host (process ") != std::string::npos, called.out);
    BOOST_TEST(!store.open()->agent("biller"));
    store.end_host();
    BOOST_TEST(store.open()->requests(0, 100, true).empty());
}

BOOST_AUTO_TEST_CASE(a_host_that_does_not_answer_leaves_the_request_queued) {
    const test::SampleStore store;
    const auto writer = bus::SqliteStore::open({.path = store.path(), .program = "busy_host"});
    const test::Called called =
        test::call({"agents", "forget", "biller", "--wait", "0.1", "--store", store.url()});
    BOOST_TEST(called.code == 6);
    BOOST_TEST(called.out.find("forget biller: not carried out yet by busy_host") == 0, called.out);
    const test::Called pruned =
        test::call({"prune", "--before", "3", "--wait", "0", "--store", store.url()});
    BOOST_TEST(pruned.code == 6);
    BOOST_TEST(pruned.out.find("prune up to 2: not carried out yet") == 0, pruned.out);
    BOOST_TEST(store.open()->requests(0, 10, true).size() == 2U);
}

BOOST_AUTO_TEST_CASE(R15_rename_gives_an_agent_another_name_and_a_dry_run_does_not) {
    const test::SampleStore store;
    const test::Called dry =
        test::call({"agents", "rename", "biller", "invoices", "--dry-run", "--store", store.url()});
    BOOST_TEST(dry.code == 0);
    BOOST_TEST(dry.out == "would rename biller to invoices; nothing was changed (--dry-run)\n");
    BOOST_TEST(store.open()->agent("biller").has_value());
    const bus::AgentRecord before = store.open()->agent("biller").value();

    const test::Called real = test::call({"agents", "rename", "biller", "invoices", "--who", "ann",
                                          "--why", "clearer", "--store", store.url()});
    BOOST_TEST(real.code == 0, real.err);
    BOOST_TEST(real.out == "rename biller: renamed to invoices, as no host runs the store\n");
    BOOST_TEST(!store.open()->agent("biller").has_value());
    BOOST_TEST(store.open()->agent("invoices")->checkpoint == before.checkpoint);
    BOOST_TEST(store.open()->delivery_briefs("invoices").size() == 8U);
    BOOST_TEST(test::call({"verify", "--store", store.url()}).code == 0);
    const test::Called traces = test::call({"requests", "--json", "--store", store.url()});
    BOOST_TEST(
        traces.out.find(R"("who":"ann","why":"clearer","action":"rename","agent":"biller")") !=
            std::string::npos,
        traces.out);
}

BOOST_AUTO_TEST_CASE(R15_rename_refuses_what_it_cannot_do_and_says_what_to_do) {
    test::SampleStore store;
    const auto rename = [&](const std::string& from, const std::string& to) {
        return test::call({"agents", "rename", from, to, "--store", store.url()});
    };
    const test::Called taken = rename("biller", "greeter");
    BOOST_TEST(taken.code != 0);
    BOOST_TEST(taken.err.find("cannot rename agent biller to greeter") != std::string::npos,
               taken.err);
    const test::Called unknown = rename("bilelr", "invoices");
    BOOST_TEST(unknown.code != 0);
    BOOST_TEST(unknown.err.find("biller") != std::string::npos, unknown.err);
    BOOST_TEST(rename("biller", "biller").code != 0);
    store.run_host();
    const test::Called hosted = rename("biller", "invoices");
    BOOST_TEST(hosted.code != 0);
    BOOST_TEST(hosted.err.find("writes it, and a store has one writer") != std::string::npos,
               hosted.err);
    store.end_host();
    BOOST_TEST(store.open()->agent("biller").has_value());
    BOOST_TEST(test::call({"verify", "--store", store.url()}).code == 0);
}

BOOST_AUTO_TEST_SUITE_END()
