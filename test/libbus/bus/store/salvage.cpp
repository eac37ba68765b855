// Saving the events from files that were damaged in many ways.
#include "test/libbus/bus/store/verify_sample.hpp"
#include <bus/store/salvage.hpp>
#include <bus/store/sqlite_store.hpp>

#include <boost/test/unit_test.hpp>

#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

using namespace test;

namespace fs = std::filesystem;

namespace {

constexpr std::size_t page = 4096;
constexpr bus::Position all = 150;

fs::path log_of(const fs::path& path) {
    return fs::path{path}.concat("-wal");
}

void put(const fs::path& path, const std::string& content) {
    std::ofstream file{path, std::ios::binary | std::ios::trunc};
    file << content;
}

/// A store with events of many sizes, and its content.
struct Whole : File {
    Whole() {
        const auto store = bus::SqliteStore::open({.path = db});
        fill(*store, 1, all);
        for (const bus::StoredEvent& event :
             store->read(0, std::numeric_limits<std::size_t>::max())) {
            events.emplace(event.position, event.record);
        }
    }

    static void fill(bus::SqliteStore& store, bus::Position first, bus::Position last) {
        for (bus::Position number = first; number <= last; ++number) {
            bus::NewEvent event =
                number % 9 == 0 ? large(number, 500 * (number % 20)) : test::event(number);
            append(store, std::move(event));
        }
    }

    /// Salvages, and checks what must hold for each file: saved events are as they were written, in
    /// order, and together with those that were left out they are complete.
    bus::SalvageReport salvaged(const std::string& what) {
        saved = 0;
        bus::Position last = 0;
        std::map<bus::Position, bool> positions;
        const bus::SalvageReport report = bus::salvage(db, [&](const bus::StoredEvent& event) {
            BOOST_TEST(event.position > last, what);
            last = event.position;
            positions[last] = true;
            const auto original = events.find(last);
            BOOST_TEST((original != events.end() && original->second == event.record),
                       what << ": event " << last);
            ++saved;
        });
        BOOST_TEST(report.events == saved, what);
        for (const bus::LeftOut& range : report.left_out) {
            for (bus::Position position = range.first; position <= range.last; ++position) {
                if (!positions.emplace(position, false).second) {
                    BOOST_ERROR(what << ": " << position << " is both saved and left out");
                }
            }
        }
        BOOST_TEST(positions.size() == report.last_position + 1 - report.first_position, what);
        BOOST_TEST(report.complete() == (report.left_out.empty() && report.doubts.empty()));
        return report;
    }

    /// The same for a file that may be damaged in any way.
    void try_salvage(const std::string& what) {
        try {
            salvaged(what);
        } catch (const bus::StoreError& error) {
            BOOST_TEST(contains(error.what(), "cannot save anything"), error.what());
            saved = 0;
        }
    }

    std::map<bus::Position, bus::EventRecord> events;
    std::size_t saved = 0;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(salvaging, Whole)

BOOST_AUTO_TEST_CASE(S29_everything_is_saved_from_an_intact_store_and_nothing_is_changed) {
    const std::string before = bytes(db);
    const bus::SalvageReport report = salvaged("whole");
    BOOST_TEST(report.complete());
    BOOST_TEST(report.events == all);
    BOOST_TEST(report.unchecked == 0U);
    BOOST_TEST(bytes(db) == before);
}

BOOST_AUTO_TEST_CASE(S29_any_page_may_be_lost_and_only_its_own_events_are_left_out) {
    const std::string whole = bytes(db);
    const std::string noise = [] {
        std::mt19937 random{7};
        std::string text(page, '\0');
        for (char& c : text) {
            c = static_cast<char>(random());
        }
        return text;
    }();
    for (std::size_t number = 0; number < whole.size() / page; ++number) {
        for (const std::string& content : {std::string(page, '\0'), noise}) {
            std::string damaged = whole;
            damaged.replace(number * page, page, content);
            put(db, damaged);
            salvaged("page " + std::to_string(number + 1));
            BOOST_TEST(saved + 60 > all, number);
        }
    }
}

BOOST_AUTO_TEST_CASE(S29_a_file_without_its_header_or_its_first_pages_gives_its_events) {
    const std::string whole = bytes(db);
    std::string damaged = whole;
    damaged.replace(0, 100, std::string(100, 'x'));
    put(db, damaged);
    BOOST_TEST(salvaged("header").complete());
    BOOST_TEST(saved == all);
    damaged.replace(0, 2 * page, std::string(2 * page, '\0'));
    put(db, damaged);
    salvaged("two pages");
    BOOST_TEST(saved > 0U);
}

BOOST_AUTO_TEST_CASE(S29_a_file_that_was_cut_gives_what_is_left) {
    const std::string whole = bytes(db);
    std::size_t before = all;
    for (std::size_t left = whole.size() - 1; left > page; left -= std::min(left, 3 * page + 777)) {
        put(db, whole.substr(0, left));
        try_salvage("cut to " + std::to_string(left));
        BOOST_TEST(saved <= before);
        before = saved;
    }
    for (const char* const nothing : {"", "SQLite format 3"}) {
        put(db, nothing);
        BOOST_CHECK_THROW(salvaged("nothing"), bus::StoreError);
    }
    fs::remove(db);
    BOOST_CHECK_THROW(salvaged("no file"), bus::StoreError);
}

BOOST_AUTO_TEST_CASE(S29_whatever_is_done_to_the_bytes_salvage_ends_and_saves_only_what_was_there) {
    const std::string whole = bytes(db);
    for (std::uint32_t seed = 1; seed <= 100; ++seed) {
        std::mt19937 random{seed};
        std::string damaged = whole;
        for (std::uint64_t times = 1 + random() % 200; times != 0; --times) {
            const std::size_t at = random() % damaged.size();
            const std::size_t length = std::min<std::size_t>(
                1 + random() % (random() % 4 == 0 ? 9'000 : 8), damaged.size() - at);
            switch (random() % 4) {
            case 0: damaged.replace(at, length, std::string(length, '\0')); break;
            case 1: // from elsewhere in the file
                damaged.replace(at, length,
                                whole.substr(random() % (whole.size() - length), length));
                break;
            default:
                for (std::size_t i = 0; i < length; ++i) {
                    damaged[at + i] = static_cast<char>(random());
                }
            }
        }
        put(db, damaged);
        try_salvage("seed " + std::to_string(seed));
    }
}

BOOST_AUTO_TEST_CASE(S29_chains_of_pages_that_form_a_circle_are_abandoned) {
    const std::string whole = bytes(db);
    for (std::size_t target = 1; target < 12; ++target) {
        std::string damaged = whole;
        // Each page begins with the number of one and the same page, as an overflow page would.
        for (std::size_t number = 0; number < whole.size() / page; ++number) {
            if (damaged[number * page] == '\0') {
                damaged.replace(number * page, 4,
                                std::string{'\0', '\0', '\0', static_cast<char>(target)});
            }
        }
        put(db, damaged);
        try_salvage("circle " + std::to_string(target));
    }
}

BOOST_AUTO_TEST_CASE(S29_commits_that_are_only_in_the_write_ahead_log_are_saved_too) {
    const fs::path live = folder.path() / "live.db";
    const auto store = bus::SqliteStore::open({.path = live});
    fill(*store, 1, all);
    put(db, bytes(live));
    put(log_of(db), bytes(log_of(live)));
    const bus::SalvageReport report = salvaged("with its log");
    BOOST_TEST(report.events == all);
    BOOST_TEST(report.complete());
    // The file may be damaged where the log has the page.
    std::string damaged = bytes(db);
    damaged.replace(0, page, std::string(page, 'x'));
    put(db, damaged);
    salvaged("a damaged file with its log");
    BOOST_TEST(saved + 60 > all);
}

BOOST_AUTO_TEST_CASE(S29_the_log_of_another_store_is_not_read_and_this_is_reported) {
    const fs::path live = folder.path() / "live.db";
    const auto store = bus::SqliteStore::open({.path = live});
    fill(*store, 5'000, 5'040);
    put(log_of(db), bytes(log_of(live)));
    const bus::SalvageReport report = salvaged("another log");
    BOOST_TEST(report.events == all);
    BOOST_TEST_REQUIRE(report.doubts.size() == 1U);
    BOOST_TEST(contains(report.doubts[0], "does not belong to the file"));
}

BOOST_AUTO_TEST_CASE(S29_pruned_events_are_not_brought_back) {
    {
        const auto store = bus::SqliteStore::open({.path = db});
        BOOST_TEST(store->prune(90, 1'000) == 90U);
    }
    const bus::SalvageReport report = salvaged("pruned");
    BOOST_TEST(report.complete());
    BOOST_TEST(report.first_position == 91U);
    BOOST_TEST(report.events == all - 90);
}

BOOST_AUTO_TEST_CASE(S29_an_event_whose_name_is_lost_or_that_was_changed_is_left_out_and_named) {
    BOOST_REQUIRE(Shell{db}.run("UPDATE events SET user_id = 'eve' WHERE position IN (7, 8, 30)"));
    bus::SalvageReport report = salvaged("changed");
    BOOST_TEST_REQUIRE(report.left_out.size() == 2U);
    BOOST_TEST(report.left_out[0].first == 7U);
    BOOST_TEST(report.left_out[0].last == 8U);
    BOOST_TEST(contains(report.left_out[0].why, "not what was written"));
    BOOST_TEST(report.left_out[1].first == 30U);
    BOOST_REQUIRE(Shell{db}.run("PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name "
                                "= 'sqlite_autoindex_names_1'; UPDATE names SET checksum = 1"));
    report = salvaged("no names");
    BOOST_TEST(report.events == 0U);
    BOOST_TEST(contains(report.left_out[0].why, "name of its type"));
}

BOOST_AUTO_TEST_SUITE_END()
