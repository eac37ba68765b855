// export and import
#include <bus/event/codec.hpp>

#include "console.hpp"
#include "ndjson.hpp"
#include "sample_store.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace {

namespace fs = std::filesystem;
using test::exported;
using test::holds;
using test::import;
using test::line;

std::string read(const std::string& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

} // namespace

BOOST_AUTO_TEST_SUITE(exchange)

BOOST_AUTO_TEST_CASE(what_is_exported_is_the_wire_format_and_imports_into_a_new_store) {
    const test::SampleStore store;
    const std::string all = exported(store.url());
    BOOST_TEST(std::count(all.begin(), all.end(), '\n') == 26);
    BOOST_TEST(all.find(bus::to_json(test::parcel(1))) != std::string::npos);
    BOOST_TEST(all.find("causation_id") != std::string::npos);

    const std::string other = "sqlite:" + store.file("other.db");
    const test::Called dry = import(other, all, {"--dry-run"});
    BOOST_TEST(dry.out == "would import 26 events, 0 were there already\n");
    BOOST_TEST(!fs::exists(store.file("other.db")));
    const test::Called real = import(other, all);
    BOOST_TEST(real.out == "imported 26 events, 0 were there already\n");
    for (const bus::StoredEvent& event : store.open()->read(0, 100)) {
        const auto copied =
            bus::SqliteStore::open({.path = store.file("other.db")})->find(event.record.event_id);
        BOOST_REQUIRE(copied.has_value());
        BOOST_TEST((bus::read_record(bus::to_json(copied->record)) ==
                    bus::read_record(bus::to_json(event.record))));
    }
}

BOOST_AUTO_TEST_CASE(equal_duplicates_are_skipped_and_counted) {
    const test::SampleStore store;
    const std::string all = exported(store.url());
    const test::Called again = import(store.url(), all + line(3) + line(3) + "\n");
    BOOST_TEST(again.code == 0, again.err);
    BOOST_TEST(again.out == "imported 1 events, 27 were there already\n");
    BOOST_TEST(store.open()->last_position() == 27);
}

BOOST_AUTO_TEST_CASE(a_duplicate_with_other_content_stops_the_import_at_its_line) {
    const test::SampleStore store;
    std::string other = line(1);
    other.replace(other.find("bob"), 3, "eve");
    for (const bool dry : {true, false}) {
        const test::Called called =
            import(store.url(), line(3) + line(2) + other + line(4),
                   dry ? std::vector<std::string>{"--dry-run"} : std::vector<std::string>{});
        BOOST_TEST(called.code == 4);
        BOOST_TEST(called.err.find("standard input, line 3: event " +
                                   bus::to_text(test::parcel(1).event_id)) != std::string::npos,
                   called.err);
        BOOST_TEST(holds(called.err,
                         "1 events until then (1 were there already); after you correct "
                         "the input, the same command skips them\n"),
                   called.err);
        BOOST_TEST(store.open()->last_position() == (dry ? 26U : 27U));
    }
    std::string changed = line(9);
    changed.replace(changed.find("p-1"), 3, "p-2");
    const test::Called within = import(store.url(), line(9) + changed);
    BOOST_TEST(within.code == 4);
    BOOST_TEST(within.err.find("line 2") != std::string::npos, within.err);
}

BOOST_AUTO_TEST_CASE(a_duplicate_is_recognized_however_many_lines_lie_between) {
    const test::SampleStore store;
    std::string many;
    for (std::uint64_t number = 100; number < 1300; ++number) {
        many += line(number);
    }
    std::string changed = line(700);
    changed.replace(changed.find("p-1"), 3, "p-2");
    for (const bool dry : {true, false}) {
        const test::Called called =
            import(store.url(), many + line(100) + line(1299) + changed,
                   dry ? std::vector<std::string>{"--dry-run"} : std::vector<std::string>{});
        BOOST_TEST(called.code == 4);
        BOOST_TEST(called.err.find("line 1203: event") != std::string::npos, called.err);
        BOOST_TEST(called.err.find("1,200 events until then (2 were there already)") !=
                       std::string::npos,
                   called.err);
    }
}

BOOST_AUTO_TEST_CASE(a_line_that_is_not_an_event_stops_the_import_and_says_where) {
    const test::SampleStore store;
    const std::string file = store.file("events.ndjson");
    std::ofstream{file} << line(5) << line(6) << R"({"event_id":7})" << '\n' << line(8);
    const test::Called called = test::call({"import", file, "--store", store.url()});
    BOOST_TEST(called.code == 4);
    BOOST_TEST(called.err.find("events.ndjson, line 3: ") != std::string::npos, called.err);
    BOOST_TEST(called.err.find("imported 2 events until then") != std::string::npos, called.err);
    BOOST_TEST(store.open()->last_position() == 28);
    const test::Called missing = test::call({"import", store.file("none"), "--store", store.url()});
    BOOST_TEST(missing.code == 4);
}

BOOST_AUTO_TEST_CASE(an_import_in_many_commits_stops_cleanly_when_the_user_interrupts_it) {
    const test::SampleStore store;
    std::string many;
    for (std::uint64_t number = 100; number < 1700; ++number) {
        many += line(number);
    }
    test::TestConsole console;
    console.input.str(many);
    console.wants_end = true;
    const test::Called called = call(console, {"import", "-", "--store", store.url()});
    BOOST_TEST(called.code == 130);
    BOOST_TEST(called.err.find("imported 500 events until then") != std::string::npos, called.err);
    BOOST_TEST(holds(called.err, "the same command continues"), called.err);
    const test::Called rest = import(store.url(), many);
    BOOST_TEST(rest.out == "imported 1,100 events, 500 were there already\n");
}

BOOST_AUTO_TEST_CASE(an_import_without_events_leaves_no_store_behind) {
    const test::TempFolder folder;
    const std::string store = folder.path() / "new.db";
    const std::string binary = folder.path() / "events.gz";
    std::ofstream{binary} << "\x1f\x8b\x08 and no line of JSON\n" << line(1);
    for (const std::string& file : {folder.path().string(), binary}) {
        const test::Called called = test::call({"import", file, "--store", "sqlite:" + store});
        BOOST_TEST(called.code == 4);
        BOOST_TEST(holds(called.err, file), called.err);
        BOOST_TEST(!fs::exists(store), file);
    }
    BOOST_TEST(import("sqlite:" + store, line(1) + "no event\n").code == 4);
    BOOST_TEST(fs::exists(store)); // the line before is in it
}

BOOST_AUTO_TEST_CASE(an_empty_file_becomes_a_store_by_an_import) {
    const test::TempFolder folder;
    const std::string path = folder.path() / "empty.db";
    std::ofstream{path}.close();
    BOOST_TEST(import("sqlite:" + path, line(1), {"--dry-run"}).out ==
               "would import 1 events, 0 were there already\n");
    BOOST_TEST(fs::file_size(path) == 0U);
    const test::Called called = import("sqlite:" + path, line(1));
    BOOST_TEST(called.out == "imported 1 events, 0 were there already\n", called.err);
}

BOOST_AUTO_TEST_CASE(importing_beside_a_host_is_refused) {
    test::SampleStore store;
    store.run_host();
    const test::Called called = import(store.url(), line(3));
    BOOST_TEST(called.code == 3);
    BOOST_TEST(called.err.find("cannot import while test_host") != std::string::npos, called.err);
    BOOST_TEST(called.err.find("Bus::publish(bus::read_record(line))") != std::string::npos,
               called.err);
    store.end_host();
}

BOOST_AUTO_TEST_CASE(export_takes_a_filter_and_a_new_file) {
    const test::SampleStore store;
    const std::string file = store.file("parcels.ndjson");
    const std::vector<std::string> words{"export",  file,       "--type", "ParcelWeighedEvent",
                                         "--store", store.url()};
    BOOST_TEST(test::call(words).code == 0);
    BOOST_TEST(read(file) == line(1) + line(2));
    const test::Called taken = test::call(words);
    BOOST_TEST(taken.code == 5);
    BOOST_TEST(taken.err.find("it exists already") != std::string::npos, taken.err);
}

BOOST_AUTO_TEST_CASE(export_and_import_show_their_progress_if_asked_to) {
    const test::SampleStore store;
    std::string many;
    for (std::uint64_t number = 100; number < 2200; ++number) {
        many += line(number);
    }
    test::TestConsole console;
    console.input.str(many);
    const test::Called imported =
        test::call_with_progress(console, {"import", "-", "--store", store.url()});
    for (const char* words : {"events 500  ", "events 1,000  ", "events 2,000  "}) {
        BOOST_TEST(holds(imported.err, words), imported.err);
    }
    BOOST_TEST(import(store.url(), many).err == "");
    const test::Called called = test::call_with_progress(
        console, {"export", "--store", store.url(), store.file("all.ndjson")});
    BOOST_TEST(called.code == 0);
    BOOST_TEST(holds(called.err, "events 1,000/2,126  "), called.err);
    BOOST_TEST(holds(called.err, "  47 %  "), called.err);
    BOOST_TEST(holds(called.err, "wrote 2,126 events"), called.err);
}

BOOST_AUTO_TEST_SUITE_END()
