#include "test/libbus/bus/store/troubles.hpp"
#include "test/support/no_writing.hpp"

#include "console.hpp"
#include "sample_store.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <fstream>

namespace {

bool says(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

test::Called verify(const std::string& url, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"verify", "--store", url});
    return test::call(more);
}

} // namespace

BOOST_AUTO_TEST_SUITE(verify_command)

BOOST_AUTO_TEST_CASE(a_whole_store_ends_with_0_even_one_with_types_that_nobody_knows) {
    const test::SampleStore store;
    const test::Called called = verify(store.url());
    BOOST_TEST(called.code == 0, called.out);
    BOOST_TEST(says(called.out, ": whole. "), called.out);
    BOOST_TEST(says(called.out, "2 agents"), called.out);
    BOOST_TEST(called.err == "");
}

BOOST_AUTO_TEST_CASE(an_empty_store_is_whole) {
    const test::TempFolder folder;
    const std::string path = (folder.path() / "empty.db").string();
    test::make_empty_store(path);
    const test::Called called = verify("sqlite:" + path);
    BOOST_TEST(called.code == 0, called.out);
    BOOST_TEST(says(called.out, "0 events, "), called.out);
}

BOOST_AUTO_TEST_CASE(damage_ends_with_1_and_is_reported_with_its_meaning_and_what_to_do) {
    const test::SampleStore store;
    BOOST_REQUIRE(test::Shell{store.path()}.run("DELETE FROM events WHERE position = 3;"
                                                "UPDATE agents SET checkpoint = checkpoint - 1"));
    const test::Called called = verify(store.url());
    BOOST_TEST(called.code == 1);
    for (const char* words : {"DAMAGE event_missing", "event 3 is missing",
                              "Meaning: ", "To do: ", "DAMAGE checkpoint_behind, 2 times",
                              "the checkpoint of agent biller", " damages"}) {
        BOOST_TEST(says(called.out, words), words << " is not in\n" << called.out);
    }
}

BOOST_AUTO_TEST_CASE(R10_an_export_names_the_position_of_an_event_that_it_cannot_read) {
    const test::SampleStore store;
    BOOST_REQUIRE(
        test::Shell{store.path()}.run("UPDATE events SET event_type = 99999 WHERE position = 5"));
    for (const std::string& file : {std::string{"-"}, store.file("events.ndjson")}) {
        const test::Called called = test::call({"export", file, "--store", store.url()});
        BOOST_TEST(called.code == 3);
        BOOST_TEST(says(called.err, "event 5, the one behind position 4, cannot be exported: "),
                   called.err);
    }
    BOOST_TEST(verify(store.url()).code == 1);
}

BOOST_AUTO_TEST_CASE(S29_the_verdict_is_printed_first_and_last_and_notes_are_limited_like_damage) {
    const test::TempFolder folder;
    const std::string path = (folder.path() / "parked.db").string();
    {
        const auto store = bus::SqliteStore::open({.path = path});
        bus::Part part;
        part.agent = "worker";
        part.start = 0;
        constexpr bus::Position count = 150;
        for (bus::Position position = 1; position <= count; ++position) {
            part.events.push_back({.record = test::parcel(position)});
            bus::DeliveryRecord parked;
            parked.agent = "worker";
            parked.position = position;
            parked.state = bus::DeliveryState::parked;
            parked.sequence = "Parcel/p-1";
            part.put_deliveries.push_back(parked);
        }
        part.settled = {{1, count}};
        part.delivered = count;
        BOOST_REQUIRE(!store->commit({&part, 1}, true).front().error);
    }
    const test::Called called = verify("sqlite:" + path, {"--most", "3"});
    BOOST_TEST(called.code == 0, called.out);
    BOOST_TEST(std::count(called.out.begin(), called.out.end(), '\n') < 15, called.out);
    BOOST_TEST(says(called.out, "note parked_without_blocker, 150 times"), called.out);
    BOOST_TEST(says(called.out, "and 147 more"), called.out);
    const std::string head = "sqlite:" + path + ": whole, 150 notes";
    BOOST_TEST(called.out.find(head + "\n") == 0U, called.out);
    BOOST_TEST(called.out.rfind(head + ". ") > 100U, called.out);
    const test::Called json = verify("sqlite:" + path, {"--most", "3", "--json"});
    const auto object = boost::json::parse(json.out).as_object();
    BOOST_TEST(object.at("findings").as_array().size() == 3U);
    BOOST_TEST(object.at("notes").at("parked_without_blocker").as_int64() == 150);
}

BOOST_AUTO_TEST_CASE(verify_for_programs_prints_one_object) {
    const test::SampleStore store;
    BOOST_REQUIRE(test::Shell{store.path()}.run("UPDATE events SET user_id = 'eve'"));
    const test::Called called = verify(store.url(), {"--json", "--most", "2"});
    BOOST_TEST(called.code == 1);
    const auto report = boost::json::parse(called.out).as_object();
    BOOST_TEST(!report.at("clean").as_bool());
    BOOST_TEST(report.at("damage").at("event_changed").as_int64() ==
               report.at("events").as_int64());
    const auto& findings = report.at("findings").as_array();
    BOOST_TEST_REQUIRE(findings.size() == 2U);
    BOOST_TEST(findings[0].at("kind").as_string() == "event_changed");
    BOOST_TEST(findings[0].at("position").as_int64() == 1);
    BOOST_TEST(!findings[0].at("advice").as_string().empty());
}

BOOST_AUTO_TEST_CASE(what_cannot_be_opened_ends_with_3_and_wrong_use_with_2) {
    const test::TempFolder folder;
    const std::string path = (folder.path() / "no.db").string();
    BOOST_TEST(verify("sqlite:" + path).code == 3);
    std::ofstream{path} << "this is a text and no store, whatever it is called";
    const test::Called text = verify("sqlite:" + path);
    BOOST_TEST(text.code == 3);
    BOOST_TEST(says(text.err, "not a SQLite database"), text.err);
    BOOST_TEST(verify("memory").code == 2);
    BOOST_TEST(test::call({"verify"}).code == 2);
}

BOOST_AUTO_TEST_CASE(a_corrupt_file_ends_with_1) {
    const test::SampleStore store;
    {
        std::fstream file{store.path(), std::ios::binary | std::ios::in | std::ios::out};
        file.seekp(2 * 4096);
        file << std::string(4096, 'Z');
    }
    const test::Called called = verify(store.url());
    BOOST_TEST(called.code == 1);
    BOOST_TEST(says(called.out, "DAMAGE page_damaged"), called.out);
}

BOOST_AUTO_TEST_CASE(a_running_host_is_not_in_the_way) {
    test::SampleStore store;
    store.run_host();
    const test::Called called = verify(store.url());
    store.end_host();
    BOOST_TEST(called.code == 0, called.out);
    BOOST_TEST(verify(store.url()).code == 0);
}

BOOST_AUTO_TEST_CASE(a_store_where_this_user_may_not_write_can_be_verified_and_read,
                     *test::where_writing_can_be_forbidden) {
    const test::SampleStore store;
    // A process that becomes nobody may read it.
    std::filesystem::permissions(store.path(), static_cast<std::filesystem::perms>(0644));
    const test::NoWriting no_writing{std::filesystem::path{store.path()}.parent_path()};
    for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
             {"verify"}, {"agents", "list"}, {"events", "list"}, {"export"}, {"requests"}}) {
        std::vector<std::string> words = command;
        words.insert(words.end(), {"--store", store.url()});
        const test::Called called = test::call(words);
        BOOST_TEST(called.code == 0, words.front() << ": " << called.err);
    }
}

BOOST_AUTO_TEST_CASE(verify_shows_its_progress_if_asked_to) {
    const test::SampleStore store;
    test::TestConsole console;
    const test::Called called =
        test::call_with_progress(console, {"verify", "--store", store.url()});
    BOOST_TEST(called.code == 0);
    for (const char* words : {"checking pages ", "reading events ", "reading deliveries "}) {
        BOOST_TEST(says(called.err, words), words << " is not in\n" << called.err);
    }
    BOOST_TEST(verify(store.url()).err == ""); // without --progress there is none
}

BOOST_AUTO_TEST_SUITE_END()
