// restore, export --salvage, and import into a store that was pruned
#include <bus/store/verify.hpp>

#include "console.hpp"
#include "ndjson.hpp"
#include "sample_store.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace {

namespace fs = std::filesystem;
using test::exported;
using test::holds;

std::string read(const std::string& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

void write(const std::string& path, const std::string& content) {
    std::ofstream{path, std::ios::binary | std::ios::trunc} << content;
}

std::string backup_of(const test::SampleStore& store) {
    std::string file = store.file("backup.db");
    BOOST_TEST(test::call({"backup", file, "--store", store.url()}).code == 0);
    return file;
}

bool whole(const std::string& path) {
    return bus::verify({.path = path}).clean();
}

} // namespace

BOOST_AUTO_TEST_SUITE(rescue)

BOOST_AUTO_TEST_CASE(S21_restore_puts_a_backup_in_place_and_says_where_the_old_store_is) {
    const test::SampleStore store;
    const std::string before = exported(store.url());
    const std::string backup = backup_of(store);
    test::import(store.url(), bus::to_json(test::parcel(77)) + '\n');
    const test::Called dry = test::call({"restore", backup, "--dry-run", "--store", store.url()});
    BOOST_TEST(dry.code == 0, dry.err);
    BOOST_TEST(holds(dry.out, "would restore sqlite:" + store.path()), dry.out);
    BOOST_TEST(exported(store.url()) != before);
    test::TestConsole console;
    const test::Called called =
        test::call_with_progress(console, {"restore", backup, "--store", store.url()});
    BOOST_TEST(called.code == 0, called.err);
    BOOST_TEST(holds(called.out, "26 events, last position 26"), called.out);
    BOOST_TEST(holds(called.out, "kept as " + store.path() + "-before-restore-1"), called.out);
    BOOST_TEST(holds(called.out, "positions 27 to 27 will be given to other events"), called.out);
    BOOST_TEST(holds(called.err, "copying pages"), called.err);
    BOOST_TEST(exported(store.url()) == before);
    BOOST_TEST(whole(store.path()));
    BOOST_TEST(whole(store.path() + "-before-restore-1"));
    const test::Called json = test::call({"restore", backup, "--json", "--store", store.url()});
    const auto object = boost::json::parse(json.out).as_object();
    BOOST_TEST(object.at("kept").as_string() == store.path() + "-before-restore-2");
    BOOST_TEST(object.at("last_position").as_int64() == 26);
    BOOST_TEST(!object.at("dry_run").as_bool());
}

BOOST_AUTO_TEST_CASE(S21_restore_refuses_beside_a_host_and_refuses_anything_but_a_whole_backup) {
    test::SampleStore store;
    const std::string backup = backup_of(store);
    store.run_host();
    for (const bool dry : {false, true}) {
        std::vector<std::string> words{"restore", backup, "--store", store.url()};
        if (dry) {
            words.emplace_back("--dry-run");
        }
        const test::Called called = test::call(words);
        BOOST_TEST(called.code == 3);
        BOOST_TEST(holds(called.err, "test_host (process " + std::to_string(::getpid())),
                   called.err);
    }
    store.end_host();
    const auto refused = [&](const std::string& file) {
        const test::Called called = test::call({"restore", file, "--store", store.url()});
        BOOST_TEST(called.code == 3);
        return called.err;
    };
    BOOST_TEST(holds(refused(store.file("none.db")), "there is no file"));
    BOOST_TEST(holds(refused(store.path()), "the same file"));
    std::string damaged = read(backup);
    damaged.replace(8'192, 4'096, std::string(4'096, 'x'));
    write(backup, damaged);
    BOOST_TEST(holds(refused(backup), "damaged"));
    BOOST_TEST(whole(store.path()));
    BOOST_TEST(!fs::exists(store.path() + "-before-restore-1"));
}

BOOST_AUTO_TEST_CASE(S29_salvage_of_a_whole_store_is_the_export_and_imports) {
    const test::SampleStore store;
    const test::Called called = test::call({"export", "--salvage", "--store", store.url()});
    BOOST_TEST(called.code == 0, called.err);
    BOOST_TEST(called.out == exported(store.url()));
    BOOST_TEST(holds(called.err, "saved 26 events of positions 1 to 26, left out 0"), called.err);
    const std::string other = "sqlite:" + store.file("other.db");
    test::import(other, called.out);
    BOOST_TEST(exported(other) == called.out);
    BOOST_TEST(whole(store.file("other.db")));
    const test::Called filtered =
        test::call({"export", "--salvage", "--type", "PingEvent", "--store", store.url()});
    BOOST_TEST(filtered.code == 2);
}

BOOST_AUTO_TEST_CASE(S29_salvage_goes_on_past_each_lost_page_lists_what_it_leaves_out_and_imports) {
    constexpr std::size_t page = 4'096;
    const test::SampleStore store;
    const std::string all = exported(store.url());
    const std::string bytes = read(store.path());
    std::size_t incomplete = 0;
    for (std::size_t number = 0; number < bytes.size() / page; ++number) {
        std::string damaged = bytes;
        damaged.replace(number * page, page, std::string(page, number % 2 == 0 ? '\0' : 'x'));
        write(store.path(), damaged);
        const std::string file = store.file("saved" + std::to_string(number));
        const test::Called called =
            test::call({"export", "--salvage", file, "--store", store.url()});
        BOOST_TEST((called.code == 0 || called.code == 7), number << ": " << called.err);
        incomplete += called.code == 7 ? 1U : 0U;
        const std::string saved = read(file);
        const auto lines = std::count(saved.begin(), saved.end(), '\n');
        BOOST_TEST((called.code == 7 || saved == all), number);
        BOOST_TEST((lines == 26 || holds(called.err, "left out: event")), called.err);
        const std::string other = store.file("other" + std::to_string(number) + ".db");
        const test::Called imported = test::call({"import", file, "--store", "sqlite:" + other});
        BOOST_TEST(imported.code == 0, imported.err);
        BOOST_TEST(whole(other), number);
        BOOST_TEST(exported("sqlite:" + other) == saved);
    }
    BOOST_TEST(incomplete > 0U);
    write(store.path(), std::string(9'000, 'x'));
    const test::Called nothing = test::call({"export", "--salvage", "--store", store.url()});
    BOOST_TEST(nothing.code == 3);
    BOOST_TEST(holds(nothing.err, "cannot save anything"), nothing.err);
}

BOOST_AUTO_TEST_CASE(S28_import_into_a_pruned_store_does_not_bring_back_what_was_pruned) {
    const test::SampleStore store;
    const std::string all = exported(store.url());
    const std::string file = store.file("all.ndjson");
    write(file, all);
    BOOST_TEST(test::call({"prune", "--before", "6", "--store", store.url()}).code == 0);
    const std::string left = exported(store.url());
    for (const bool dry : {true, false}) {
        std::vector<std::string> words{"import", file, "--store", store.url()};
        if (dry) {
            words.emplace_back("--dry-run");
        }
        const test::Called called = test::call(words);
        BOOST_TEST(called.code == 4);
        BOOST_TEST(holds(called.err, "line 1: "), called.err);
        BOOST_TEST(holds(called.err, "the events up to position 5, which were pruned"), called.err);
        BOOST_TEST(holds(called.err, "--into-pruned"), called.err);
        BOOST_TEST(exported(store.url()) == left);
    }
    // Events that are there already are skipped, so an import can be repeated.
    write(file, left);
    const test::Called again = test::call({"import", file, "--store", store.url()});
    BOOST_TEST(again.code == 0, again.err);
    BOOST_TEST(holds(again.out, "imported 0 events, 21 were there already"), again.out);
    // A new event cannot be told from a pruned one.
    write(file, left + bus::to_json(test::parcel(77)) + '\n');
    BOOST_TEST(test::call({"import", file, "--store", store.url()}).code == 4);
    const test::Called asked =
        test::call({"import", file, "--into-pruned", "--store", store.url()});
    BOOST_TEST(asked.code == 0, asked.err);
    BOOST_TEST(holds(asked.out, "imported 1 events, 21 were there already"), asked.out);
    write(file, all);
    BOOST_TEST(test::call({"import", file, "--into-pruned", "--store", store.url()}).code == 0);
    BOOST_TEST(whole(store.path()));
}

BOOST_AUTO_TEST_CASE(S28_a_store_whose_events_were_all_pruned_is_recognized_as_pruned) {
    const test::SampleStore store;
    const std::string fresh = store.file("fresh.db");
    const std::string file = store.file("one.ndjson");
    write(file, bus::to_json(test::parcel(1)) + '\n');
    BOOST_TEST(test::call({"import", file, "--store", "sqlite:" + fresh}).code == 0);
    BOOST_TEST(test::call({"prune", "--before", "2", "--store", "sqlite:" + fresh}).code == 0);
    const test::Called called = test::call({"import", file, "--store", "sqlite:" + fresh});
    BOOST_TEST(called.code == 4);
    BOOST_TEST(holds(called.err, "up to position 1, which were pruned"), called.err);
}

BOOST_AUTO_TEST_SUITE_END()
