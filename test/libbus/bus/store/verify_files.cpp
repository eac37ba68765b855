// Damage below SQL, and changes that are not damage.
#include "test/libbus/bus/store/verify_sample.hpp"
#include <bus/store/sqlite_store.hpp>

#include <boost/test/unit_test.hpp>

#include <set>
#include <string_view>
#include <vector>

using bus::FindingKind;
using test::Sample;

namespace fs = std::filesystem;

namespace {

void write(const fs::path& path, const std::string& bytes) {
    std::ofstream file{path, std::ios::binary | std::ios::trunc};
    file << bytes;
}

bus::VerifyReport verified(const fs::path& db) {
    return bus::verify({.path = db});
}

constexpr std::size_t page_size = 4096;

/// The offsets in a page of a B-tree at which its cells hold the beginning of a row, or the number
/// of a page below. Other pages (free ones, overflow) have none.
std::vector<std::size_t> places_in(const std::string& file, std::size_t page) {
    const auto byte = [&](std::size_t at) {
        return static_cast<std::size_t>(static_cast<unsigned char>(file.at(at)));
    };
    const std::size_t header = page * page_size + (page == 0 ? 100 : 0);
    const std::size_t kind = byte(header);
    const bool inner = kind == 2 || kind == 5;
    const bool leaf = kind == 10 || kind == 13;
    std::vector<std::size_t> places;
    const std::size_t cells = inner || leaf ? byte(header + 3) * 256 + byte(header + 4) : 0;
    for (std::size_t cell = 0; cell < cells; ++cell) {
        const std::size_t pointer = header + (inner ? 12 : 8) + 2 * cell;
        const std::size_t at = page * page_size + byte(pointer) * 256 + byte(pointer + 1);
        places.push_back(at + (inner ? 1 : 5));
    }
    return places;
}

} // namespace

BOOST_AUTO_TEST_SUITE(verifying_files)

BOOST_AUTO_TEST_CASE(flipped_bits_in_any_page_are_found) {
    const Sample sample;
    const std::string whole = test::bytes(sample.path());
    std::size_t tried = 0;
    for (std::size_t page = 0; page * page_size < whole.size(); ++page) {
        const std::vector<std::size_t> places = places_in(whole, page);
        for (std::size_t i = 0; i < places.size();
             i += std::max<std::size_t>(places.size() / 3, 1)) {
            const fs::path db = sample.copy();
            std::string bytes = whole;
            bytes.at(places[i]) ^= 0x15;
            write(db, bytes);
            const bus::VerifyReport report = verified(db);
            BOOST_TEST(!report.clean(), "page " << page + 1 << ", byte " << places[i] % page_size);
            ++tried;
        }
    }
    BOOST_TEST(tried > 40U);
}

BOOST_AUTO_TEST_CASE(a_page_full_of_nonsense_is_reported_as_damage_of_pages) {
    const Sample sample;
    std::string whole = test::bytes(sample.path());
    for (const std::size_t page : {1U, 3U, 5U}) {
        const fs::path db = sample.copy();
        std::string bytes = whole;
        bytes.replace(page * page_size, page_size, std::string(page_size, 'Z'));
        write(db, bytes);
        BOOST_TEST(test::has(verified(db), FindingKind::page_damaged));
    }
}

BOOST_AUTO_TEST_CASE(a_file_that_was_cut_is_reported_as_damage_of_pages) {
    const Sample sample;
    const std::string whole = test::bytes(sample.path());
    for (const std::size_t left : {whole.size() - page_size, whole.size() / 2, whole.size() - 100,
                                   std::size_t{5000}, std::size_t{1000}, std::size_t{60}}) {
        const fs::path db = sample.copy();
        write(db, whole.substr(0, left));
        const bus::VerifyReport report = verified(db);
        BOOST_TEST(test::has(report, FindingKind::page_damaged), left << test::told(report));
    }
}

BOOST_AUTO_TEST_CASE(a_store_whose_header_is_damaged_is_recognized_as_a_store) {
    const Sample sample;
    const fs::path db = sample.copy();
    std::string bytes = test::bytes(db);
    bytes[3] = 'X';
    write(db, bytes);
    BOOST_TEST(test::has(verified(db), FindingKind::page_damaged));
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_a_store_is_refused) {
    const test::TempFolder folder;
    const fs::path path = folder.path() / "file";
    BOOST_CHECK_THROW(verified(path), bus::StoreError);
    write(path, "");
    BOOST_CHECK_THROW(verified(path), bus::StoreError);
    write(path, std::string(5000, 'x'));
    BOOST_CHECK_THROW(verified(path), bus::StoreError);
    BOOST_CHECK_THROW(verified(folder.path()), bus::StoreError);
}

BOOST_AUTO_TEST_CASE(a_running_host_is_not_in_the_way_and_its_commits_are_not_seen) {
    const Sample sample;
    const auto host = bus::SqliteStore::open({.path = sample.path()});
    const bus::Position last = host->last_position();
    std::set<std::string> told;
    std::uint64_t number = 1000;
    const bus::VerifyReport report =
        bus::verify({.path = sample.path()}, [&](const bus::VerifyProgress& progress) {
            told.emplace(progress.doing);
            if (told.size() > 2) { // the first ones come before the snapshot
                test::append(*host, test::event(++number, "busy"));
            }
        });
    BOOST_TEST(report.clean(), test::told(report));
    BOOST_TEST(number > 1005U);
    BOOST_TEST(host->last_position() > last + 5);
    BOOST_TEST(report.last_position == last);
    for (const char* const doing : {"reading events", "reading streams", "reading deliveries",
                                    "reading states", "reading timers", "reading requests"}) {
        BOOST_TEST(told.contains(doing), doing << " was not reported");
    }
    const bus::VerifyReport now = verified(sample.path());
    BOOST_TEST(now.clean(), test::told(now));
    BOOST_TEST(now.last_position == host->last_position());
}

BOOST_AUTO_TEST_CASE(a_store_that_was_pruned_is_whole_and_its_last_versions_are_checked) {
    const test::File file;
    {
        const auto store = bus::SqliteStore::open({.path = file.db});
        for (std::uint64_t number = 1; number <= 30; ++number) {
            test::append(*store, test::event(number, "A-" + std::to_string(number % 7)));
        }
        store->prune(10, 4);
        store->prune(25, 100);
        for (std::uint64_t number = 31; number <= 40; ++number) {
            test::append(*store, test::event(number, "A-" + std::to_string(number % 7)));
        }
        store->prune(33, 100);
    }
    const bus::VerifyReport report = verified(file.db);
    BOOST_TEST(report.clean(), test::told(report));
    BOOST_TEST(report.pruned_through == 33U);
    BOOST_TEST(report.first_position == 34U);
    for (const char* sql : {"UPDATE pruned_streams SET stream_version = stream_version + 1",
                            "DELETE FROM pruned_streams",
                            "UPDATE pruned_streams SET aggregate_id = 'other' || "
                            "aggregate_id"}) {
        const fs::path copy = file.folder.path() / "copy.db";
        fs::copy_file(file.db, copy, fs::copy_options::overwrite_existing);
        BOOST_REQUIRE(test::Shell{copy}.run(sql));
        BOOST_TEST(test::has(verified(copy), FindingKind::pruned_stream_changed), sql);
    }
    BOOST_REQUIRE(test::Shell{file.db}.run("DELETE FROM events WHERE position = 34"));
    BOOST_TEST(test::has(verified(file.db), FindingKind::event_missing));
}

BOOST_AUTO_TEST_CASE(a_store_with_an_agent_forgotten_and_a_backup_of_it_are_whole) {
    const Sample sample;
    const fs::path backup = sample.path().parent_path() / "backup.db";
    {
        const auto store = bus::SqliteStore::open({.path = sample.path()});
        BOOST_TEST(store->forget("sleeper"));
        store->backup(backup.string());
    }
    for (const fs::path& path : {sample.path(), backup}) {
        const bus::VerifyReport report = verified(path);
        BOOST_TEST(report.clean(), test::told(report));
        BOOST_TEST(report.agents == 1U);
        BOOST_TEST(report.timers == 0U);
    }
}

BOOST_AUTO_TEST_CASE(requests_of_other_processes_beside_the_host_are_counted_with_its_own) {
    const test::File file;
    const auto asked = [](const char* why) {
        return bus::RequestRecord{.who = "ann", .why = why, .agent = "worker", .position = 1};
    };
    {
        const auto host = bus::SqliteStore::open({.path = file.db});
        const auto other = bus::SqliteStore::open({.path = file.db, .read_only = true});
        other->ask(asked("first"));
        test::append(*host, test::event(1)); // the host writes the row of the log as it knows it
        other->ask(asked("second"));
        bus::RequestRecord done = asked("done already");
        done.done_at = bus::Timestamp{};
        done.result = "1 discarded";
        other->ask(done);
        bus::Part part = test::agent_part("worker", 0);
        part.answers = {{.number = 2, .result = "nothing to do"}};
        BOOST_TEST(!test::commit(*host, part).error);
        part = test::agent_part("worker");
        part.answers = {{.number = 2, .result = "again"}, {.number = 77, .result = "nobody asked"}};
        part.commands = {{bus::DeliveryAction::redrive, "worker", 1, "ann", "in a step"}};
        BOOST_TEST(!test::commit(*host, part).error);
        BOOST_TEST(host->requests(0, 10, true).size() == 1U);
    }
    const bus::VerifyReport report = verified(file.db);
    BOOST_TEST(report.findings.empty(), test::told(report));
    BOOST_TEST(report.requests == 4U);
    for (const char* number : {"1", "2", "3", "4"}) {
        const fs::path copy = file.folder.path() / "copy.db";
        fs::copy_file(file.db, copy, fs::copy_options::overwrite_existing);
        const std::string sql = std::string{"DELETE FROM requests WHERE number = "} + number;
        BOOST_REQUIRE(test::Shell{copy}.run(sql.c_str()));
        const bus::VerifyReport damaged = verified(copy);
        BOOST_TEST(test::has(damaged, FindingKind::request_missing), number);
        BOOST_TEST(test::contains(test::told(damaged),
                                  std::string{"first number that is not there is "} + number),
                   test::told(damaged));
    }
}

BOOST_AUTO_TEST_CASE(a_count_of_requests_that_was_changed_stays_found_when_more_are_made) {
    const test::File file;
    const auto ask = [&] {
        bus::SqliteStore::open({.path = file.db, .read_only = true})->ask({.who = "ann"});
    };
    bus::SqliteStore::open({.path = file.db});
    ask();
    ask();
    BOOST_REQUIRE(test::Shell{file.db}.run("DELETE FROM requests WHERE number = 2;"
                                           "UPDATE log SET requests = 1"));
    ask();
    BOOST_TEST(test::has(verified(file.db), FindingKind::log_changed));
}

BOOST_AUTO_TEST_CASE(a_cause_that_was_never_stored_is_noted_but_not_damage) {
    const test::File file;
    {
        const auto store = bus::SqliteStore::open({.path = file.db});
        bus::NewEvent effect = test::event(2);
        effect.record.causation_id = test::id(1);
        test::append(*store, effect);
    }
    const bus::VerifyReport report = verified(file.db);
    BOOST_TEST(report.clean());
    BOOST_TEST_REQUIRE(report.findings.size() == 1U);
    BOOST_TEST(report.findings[0].note);
    BOOST_TEST((report.findings[0].kind == FindingKind::cause_missing));
}

BOOST_AUTO_TEST_CASE(a_parked_delivery_whose_turn_has_come_is_noted_but_not_damage) {
    const test::File file;
    {
        const auto store = bus::SqliteStore::open({.path = file.db});
        test::append(*store, test::event(1));
        bus::Part part = test::agent_part("worker", 0);
        BOOST_TEST(!test::commit(*store, part).error);
        part = test::agent_part("worker");
        part.settled = {{1, 1}};
        part.delivered = 1;
        part.put_deliveries = {
            {.position = 1, .state = bus::DeliveryState::parked, .sequence = "A-1"}};
        BOOST_TEST(!test::commit(*store, part).error);
    }
    const bus::VerifyReport report = verified(file.db);
    BOOST_TEST(report.clean(), test::told(report));
    BOOST_TEST_REQUIRE(report.findings.size() == 1U);
    BOOST_TEST((report.findings[0].kind == FindingKind::parked_without_blocker));
}

BOOST_AUTO_TEST_CASE(a_finding_that_occurs_many_times_is_counted_and_listed_a_few_times) {
    const Sample sample;
    BOOST_REQUIRE(test::Shell{sample.path()}.run("UPDATE events SET user_id = 'eve'"));
    const bus::VerifyReport report = bus::verify({.path = sample.path(), .most_of_a_kind = 3});
    BOOST_TEST(report.damage.at(FindingKind::event_changed) == report.events);
    BOOST_TEST(report.findings.size() == 3U);
}

BOOST_AUTO_TEST_CASE(each_kind_of_finding_has_a_name_a_meaning_and_advice_also_in_the_guide) {
    const std::string guide = test::bytes(LIBBUS_SOURCE_DIR "/docs/reference/findings.md");
    std::set<std::string_view> names;
    for (const FindingKind kind : bus::all_finding_kinds()) {
        BOOST_TEST(names.insert(bus::name_of(kind)).second, bus::name_of(kind));
        const std::string row = "| `" + std::string{bus::name_of(kind)} + "` | " +
                                std::string{bus::meaning_of(kind)} + " | " +
                                std::string{bus::advice_on(kind)} + " |";
        BOOST_TEST(test::contains(guide, row), "the guide has no row " << row);
        BOOST_TEST(bus::meaning_of(kind).size() > 20U, bus::name_of(kind));
        BOOST_TEST(bus::advice_on(kind).size() > 10U, bus::name_of(kind));
    }
    BOOST_TEST(names.size() == static_cast<std::size_t>(FindingKind::request_invalid) + 1);
}

BOOST_AUTO_TEST_SUITE_END()
