// Files that were put together from different stores or moments: they are refused, unless they fit.
#include "test/libbus/bus/store/verify_sample.hpp"
#include "test/support/sanitized.hpp"
#include <bus/store/sqlite/connection.hpp>
#include <bus/store/sqlite/schema.hpp>
#include <bus/store/sqlite_store.hpp>

#include <boost/test/unit_test.hpp>

#include <optional>
#include <random>
#include <string>
#include <vector>

using namespace test;

namespace fs = std::filesystem;

namespace {

/// The bytes of a store at one moment of its life.
struct Snapshot {
    std::string what;
    std::string file;
    std::string log; ///< of the write-ahead log; empty: there is none
};

fs::path beside(const fs::path& path, const char* end) {
    return fs::path{path}.concat(end);
}

void put(const fs::path& path, const std::string& content) {
    std::ofstream file{path, std::ios::binary | std::ios::trunc};
    file << content;
}

Snapshot snapshot(const fs::path& db, std::string what) {
    const fs::path log = beside(db, "-wal");
    return {std::move(what), bytes(db), fs::exists(log) ? bytes(log) : std::string{}};
}

/// A place for a file and a log that may not belong together.
class Mixture {
public:
    Mixture(const std::string& file, const std::string& log) {
        put(db, file);
        if (!log.empty()) {
            put(beside(db, "-wal"), log);
        }
    }

    /// The message if it cannot be opened; empty if it can.
    [[nodiscard]] std::string refusal(bool read_only) const {
        return store_error([&] { bus::SqliteStore::open({.path = db, .read_only = read_only}); });
    }

    TempFolder folder;
    fs::path db = folder.path() / "mixed.db";
};

/// Checks the rule for every mixture: the files belong together, or no program opens them.
void check(const Snapshot& file, const Snapshot& log) {
    const std::string name = "file: " + file.what + ", log: " + log.what;
    const Mixture mixture{file.file, log.log};
    const bus::VerifyReport before = bus::verify({.path = mixture.db});
    const bool mixed = has(before, bus::FindingKind::mixed_file);
    const std::string reading = mixture.refusal(true);
    BOOST_TEST(reading.empty() == before.clean(), name << told(before) << reading);
    BOOST_TEST(mixed == contains(reading, "does not belong to the file"), name << reading);
    const std::string before_writing = bytes(mixture.db);
    const std::string writing = mixture.refusal(false);
    BOOST_TEST(writing == reading, name << writing << reading);
    if (!writing.empty()) {
        BOOST_TEST(bytes(mixture.db) == before_writing, name);
        BOOST_TEST(contains(writing, "bus restore BACKUP"), writing);
        BOOST_TEST(contains(writing, "rm -f FILE-wal FILE-shm"), writing);
        return;
    }
    const bus::VerifyReport after = bus::verify({.path = mixture.db});
    BOOST_TEST(after.clean(), name << told(after));
    append(*bus::SqliteStore::open({.path = mixture.db}), event(99'999));
    BOOST_TEST(bus::verify({.path = mixture.db}).clean(), name);
}

/// The life of a store, with snapshots of it meanwhile. `seed` decides what happens.
class Life {
public:
    explicit Life(const fs::path& db, std::uint32_t seed, std::string name)
        : db_{db}, random_{seed}, name_{std::move(name)} {
        open();
    }

    [[nodiscard]] std::vector<Snapshot> live(int moments) {
        std::vector<Snapshot> all;
        for (int i = 0; i < moments; ++i) {
            for (std::uint64_t steps = 1 + random_() % 8; steps != 0; --steps) {
                step();
            }
            all.push_back(snapshot(db_, name_ + " at " + std::to_string(i) + " (" + done_ + ")"));
            done_.clear();
            if (random_() % 3 == 0) {
                const fs::path copy = beside(db_, ("-backup" + std::to_string(i)).c_str());
                store_->backup(copy.string());
                all.push_back(snapshot(copy, name_ + ", a backup at " + std::to_string(i)));
            }
        }
        return all;
    }

private:
    void open() { store_ = bus::SqliteStore::open({.path = db_, .program = "life"}); }

    void step() {
        switch (random_() % 12) {
        case 0: // an end and a beginning
            done_ += 'o';
            store_.reset();
            open();
            break;
        case 1:
            done_ += 'c';
            Shell{db_}.run("PRAGMA wal_checkpoint(PASSIVE)");
            break;
        case 2:
            done_ += 'r';
            Shell{db_}.run("PRAGMA wal_checkpoint(RESTART)");
            break;
        case 3:
            done_ += 'a';
            store_->ask({.who = "ann", .why = "why", .agent = "worker", .position = 1});
            break;
        case 4:
            done_ += 's';
            settle();
            break;
        default: publish(); break;
        }
    }

    void publish() {
        done_ += 'p';
        for (std::uint64_t count = 1 + random_() % 20; count != 0; --count) {
            append(*store_, large(++number_, random_() % 5 == 0 ? 9'000 : 30));
        }
    }

    void settle() {
        if (!registered_) {
            bus::Part start = agent_part("worker");
            start.start = 0;
            BOOST_REQUIRE(!commit(*store_, start).error);
            registered_ = true;
        }
        bus::Part part = agent_part("worker");
        part.put_states = {{"seen", std::to_string(random_() % 10)}};
        const bus::Position next = store_->agent("worker")->checkpoint + 1;
        if (next <= store_->last_position()) {
            part.settled = {{next, next}};
            part.delivered = 1;
            part.finished = 1;
        }
        BOOST_REQUIRE(!commit(*store_, part).error);
    }

    fs::path db_;
    std::mt19937 random_;
    std::string name_;
    std::unique_ptr<bus::SqliteStore> store_;
    std::uint64_t number_ = 0;
    bool registered_ = false;
    std::string done_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(mixed_files)

BOOST_AUTO_TEST_CASE(S21_the_row_of_the_log_has_its_stamps_where_the_guard_looks_for_them) {
    const File file;
    bus::SqliteStore::open({.path = file.db});
    bus::sqlite::Connection connection{file.db, bus::sqlite::Access::existing, {}};
    BOOST_TEST(connection.integer("SELECT cid FROM pragma_table_info('log') WHERE name = "
                                  "'previous'",
                                  "ask") == 13);
    BOOST_TEST(connection.integer("SELECT cid FROM pragma_table_info('log') WHERE name = 'stamp'",
                                  "ask") == 14);
}

BOOST_AUTO_TEST_CASE(S21_a_backup_copied_over_the_file_beside_the_log_of_a_crash_is_refused) {
    const File file;
    const auto store = bus::SqliteStore::open({.path = file.db});
    for (std::uint64_t i = 1; i <= 20; ++i) {
        append(*store, event(i));
    }
    const fs::path backup = file.folder.path() / "backup.db";
    store->backup(backup.string());
    for (std::uint64_t i = 21; i <= 200; ++i) {
        append(*store, event(i));
    }
    const Snapshot crash = snapshot(file.db, "crash");
    const Snapshot old = snapshot(backup, "backup");
    BOOST_TEST(!crash.log.empty());
    const Mixture mixture{old.file, crash.log};
    for (const bool read_only : {true, false}) {
        const std::string error = mixture.refusal(read_only);
        BOOST_TEST(contains(error, "does not belong to the file"), error);
        BOOST_TEST(contains(error, "rm -f FILE-wal FILE-shm"), error);
    }
    BOOST_TEST(bytes(mixture.db) == old.file);
    BOOST_TEST(has(bus::verify({.path = mixture.db}), bus::FindingKind::mixed_file));
    // Without the log it is the backup, whole.
    fs::remove(beside(mixture.db, "-wal"));
    fs::remove(beside(mixture.db, "-shm"));
    BOOST_TEST(mixture.refusal(false) == "");
    BOOST_TEST(bus::verify({.path = mixture.db}).clean());
}

BOOST_AUTO_TEST_CASE(S21_every_mixture_of_files_and_logs_belongs_together_or_is_refused) {
    for (std::uint32_t seed = 1; seed <= (sanitized ? 1U : 2U); ++seed) {
        const TempFolder folder;
        std::vector<Snapshot> all;
        for (const char* const name : {"one", "two"}) {
            Life life{folder.path() / name, seed * 2 + static_cast<std::uint32_t>(name[0] == 't'),
                      name};
            for (Snapshot& moment : life.live(5)) {
                all.push_back(std::move(moment));
            }
        }
        const Snapshot none{"none", {}, {}};
        for (const Snapshot& file : all) {
            check(file, file);
            check(file, none);
            for (const Snapshot& log : all) {
                if (&log != &file && !log.log.empty()) {
                    check(file, log);
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(S21_a_file_that_a_reader_kept_from_getting_its_whole_log_belongs_to_it) {
    const File file;
    const auto store = bus::SqliteStore::open({.path = file.db});
    for (std::uint64_t i = 1; i <= 40; ++i) {
        append(*store, event(i));
    }
    Shell reader{file.db};
    BOOST_REQUIRE(reader.run("BEGIN; SELECT count(*) FROM events"));
    for (std::uint64_t i = 41; i <= 80; ++i) {
        append(*store, event(i));
    }
    BOOST_REQUIRE(Shell{file.db}.run("PRAGMA wal_checkpoint(PASSIVE)"));
    const Snapshot half = snapshot(file.db, "half in the file");
    check(half, half);
    check(half, {"none", {}, {}}); // pages of two moments: refused
}

BOOST_AUTO_TEST_CASE(S21_a_vacuum_that_is_only_in_the_log_belongs_to_the_file) {
    const File file;
    const auto store = bus::SqliteStore::open({.path = file.db});
    for (std::uint64_t i = 1; i <= 40; ++i) {
        append(*store, event(i));
    }
    BOOST_REQUIRE(Shell{file.db}.run("PRAGMA wal_checkpoint(RESTART); VACUUM"));
    const Snapshot vacuumed = snapshot(file.db, "vacuumed");
    BOOST_TEST(!vacuumed.log.empty());
    check(vacuumed, vacuumed);
}

BOOST_AUTO_TEST_CASE(S21_a_log_that_was_cut_or_torn_still_belongs_to_its_file) {
    const File file;
    const auto store = bus::SqliteStore::open({.path = file.db});
    for (std::uint64_t i = 1; i <= 40; ++i) {
        append(*store, event(i));
    }
    const Snapshot whole = snapshot(file.db, "whole");
    constexpr std::size_t step = sanitized ? 97'777 : 7'001;
    for (std::size_t left = 0; left < whole.log.size(); left += step) {
        check(whole, {"cut to " + std::to_string(left), {}, whole.log.substr(0, left)});
        std::string torn = whole.log;
        torn.replace(left, 16, std::string(16, 'x'));
        check(whole, {"torn at " + std::to_string(left), {}, torn});
    }
}

BOOST_AUTO_TEST_CASE(S21_a_log_that_only_other_programs_wrote_is_checked_with_the_whole_store) {
    const File file;
    {
        const auto store = bus::SqliteStore::open({.path = file.db});
        append(*store, event(1));
    }
    const Snapshot before = snapshot(file.db, "before");
    std::optional<Snapshot> shell;
    {
        Shell other{file.db};
        BOOST_REQUIRE(other.run("CREATE TABLE theirs (x); DROP TABLE theirs"));
        shell = snapshot(file.db, "a shell's");
    }
    BOOST_TEST(!shell->log.empty());
    check(before, *shell);
    // What that program has left may also be damage.
    {
        Shell other{file.db};
        BOOST_REQUIRE(other.run("UPDATE events SET user_id = 'eve'"));
        shell = snapshot(file.db, "a shell's change");
    }
    check(*shell, *shell);
}

BOOST_AUTO_TEST_CASE(S21_what_must_agree_in_a_file_is_compared_when_it_is_opened) {
    const Sample sample;
    for (const char* const sql :
         {"UPDATE log SET last_position = last_position + 1", "UPDATE log SET timers = 70",
          "DELETE FROM events WHERE position = (SELECT max(position) FROM events)",
          "DELETE FROM events WHERE position = (SELECT min(position) FROM events)",
          "UPDATE agents SET checkpoint = 1000000, checksum = checksum + 1",
          "DELETE FROM agents WHERE agent = (SELECT max(agent) FROM agents)"}) {
        const fs::path db = sample.copy();
        BOOST_REQUIRE(Shell{db}.run(sql));
        for (const bool read_only : {true, false}) {
            const std::string error =
                store_error([&] { bus::SqliteStore::open({.path = db, .read_only = read_only}); });
            BOOST_TEST(contains(error, "bus restore BACKUP"), sql << ": " << error);
        }
        BOOST_TEST(!bus::verify({.path = db}).clean(), sql);
    }
}

BOOST_AUTO_TEST_SUITE_END()
