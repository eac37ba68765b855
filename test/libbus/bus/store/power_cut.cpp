// The power fails at any moment: committed events are there, and buffered ones are a prefix.
#include "test/support/disk_image.hpp"
#include "test/support/faulty_disk.hpp"

#include "backends.hpp"

#include <boost/test/unit_test.hpp>
#include <sqlite3.h>

#include <limits>
#include <random>

using namespace test;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t all = std::numeric_limits<std::size_t>::max();

/// A store on a disk whose power fails, and what was promised about it.
class World {
public:
    explicit World(std::uint64_t seed)
        : dice_{seed}, event_bytes_{dice_() % 3 == 0 ? std::size_t{12'000} : std::size_t{40}} {
        open();
    }

    /// Commits parts of three events and one state until the power fails.
    void commit_until_the_cut() {
        try {
            while (!disk_.is_off()) {
                const bool durable = dice_() % 3 == 0;
                std::vector<bus::Part> parts;
                const std::uint64_t count = 1 + dice_() % 3;
                for (std::uint64_t i = 0; i < count; ++i) {
                    parts.push_back(step(submitted_ + 1 + 3 * i));
                }
                submitted_ += 3 * count; // it may be stored or not
                store_->commit(parts, durable);
                accepted_ = submitted_;
                safe_ = durable ? accepted_ : safe_;
            }
        } catch (const bus::StoreError&) {
            BOOST_TEST_REQUIRE(disk_.is_off());
        }
    }

    void cut_and_return(const PowerLoss& loss) {
        disk_.cut();
        store_.reset();
        disk_.power_on(loss);
        open();
        // From now on, there is only what the cut has left.
        const std::uint64_t there = store_->last_position();
        BOOST_TEST(there >= safe_);
        BOOST_TEST(there <= submitted_);
        lost_ += accepted_ > there ? accepted_ - there : 0;
        check_prefix(there);
        submitted_ = accepted_ = safe_ = there;
    }

    void cut_later(std::uint64_t within) { disk_.cut_at_change(1 + dice_() % within); }

    bool reopened_without_cut() {
        store_.reset();
        const bool off = disk_.is_off(); // the cut may happen while the store is closed
        if (!off) {
            open();
            safe_ = accepted_; // closing has copied all into the file, and synced it
        }
        return !off;
    }

    [[nodiscard]] std::uint64_t lost() const { return lost_; }

    std::mt19937_64& dice() { return dice_; }

private:
    void open() { store_ = bus::SqliteStore::open({.path = db_}); }

    [[nodiscard]] bus::Part step(std::uint64_t first) const {
        bus::Part part = agent_part("writer", 0);
        for (std::uint64_t i = first; i < first + 3; ++i) {
            part.events.push_back(event(i, i % 2 == 0 ? "even" : "odd"));
            part.events.back().record.data = '"' + std::string(event_bytes_, 'x') + '"';
        }
        part.put_states = {{"last", std::to_string(first + 2)}};
        part.finished = 3;
        return part;
    }

    /// Checks that the store has the events 1 to `count`, in order, of whole parts, and the state
    /// that belongs to them.
    void check_prefix(std::uint64_t count) {
        BOOST_TEST(count % 3 == 0U);
        const auto events = store_->read(0, all);
        BOOST_TEST_REQUIRE(events.size() == count);
        for (std::size_t i = 0; i < events.size(); ++i) {
            BOOST_TEST_REQUIRE(events[i].position == i + 1);
            BOOST_TEST_REQUIRE(events[i].record.event_id == id(i + 1));
            BOOST_TEST_REQUIRE(events[i].stream_version == i / 2 + 1);
            BOOST_TEST_REQUIRE(events[i].record.data.size() == event_bytes_ + 2);
        }
        const auto agent = store_->agent("writer");
        const auto state = store_->state("writer", "last");
        BOOST_TEST((agent ? agent->finished : 0) == count);
        BOOST_TEST((state ? state->json : "0") == std::to_string(count));
        BOOST_TEST(integrity() == "ok");
    }

    /// The result of SQLite's own check of the file.
    [[nodiscard]] std::string integrity() const {
        sqlite3* opened = nullptr;
        sqlite3_open_v2(db_.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
        const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> db{opened, &sqlite3_close};
        std::string said;
        sqlite3_exec(
            db.get(), "PRAGMA integrity_check",
            [](void* into, int, char** values, char**) {
                *static_cast<std::string*>(into) = values[0];
                return 0;
            },
            &said, nullptr);
        return said;
    }

    TempFolder folder_;
    fs::path db_ = folder_.path() / "store.db";
    FaultyDisk disk_{folder_.path()};
    std::mt19937_64 dice_;
    std::size_t event_bytes_;
    std::unique_ptr<bus::SqliteStore> store_;
    std::uint64_t submitted_ = 0; ///< events handed to the store
    std::uint64_t accepted_ = 0;  ///< whose commit has returned
    std::uint64_t safe_ = 0;      ///< up to the last commit that was durable
    std::uint64_t lost_ = 0;
};

/// Several cuts of one store, each at a random moment. Returns how much was accepted and lost.
std::uint64_t cuts(std::uint64_t seed, double kept, bool torn) {
    World world{seed};
    for (int cut = 0; cut < 5; ++cut) {
        world.cut_later(cut % 2 == 0 ? 300 : 3'000);
        world.commit_until_the_cut();
        world.cut_and_return({.seed = world.dice()(), .kept = kept, .torn = torn});
    }
    return world.lost();
}

} // namespace

BOOST_AUTO_TEST_SUITE(power_cut)

BOOST_AUTO_TEST_CASE(S1_unsynced_data_is_lost_and_durable_commits_are_there) {
    std::uint64_t lost = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            lost += cuts(seed, 0.0, false);
        }
    }
    BOOST_TEST(lost > 0U); // else the disk has kept what it should have lost
}

BOOST_AUTO_TEST_CASE(S1_whichever_unsynced_writes_arrive_the_log_is_a_prefix_of_what_was_accepted) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            cuts(seed, 0.5, false);
        }
    }
}

BOOST_AUTO_TEST_CASE(S1_writes_that_arrive_in_part_do_no_harm) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            cuts(seed, 0.9, true);
        }
    }
}

BOOST_AUTO_TEST_CASE(S1_a_cut_while_the_store_is_opened_or_closed_loses_nothing_that_was_safe) {
    for (std::uint64_t seed = 0; seed < 25; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            World world{seed};
            for (int cut = 0; cut < 4; ++cut) {
                world.cut_later(40);
                world.commit_until_the_cut();
                world.cut_and_return({.seed = world.dice()(), .kept = 0.3, .torn = true});
                world.reopened_without_cut();
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(
    S8_if_the_disk_fails_once_while_a_store_is_made_it_has_a_log_or_does_not_open) {
    const std::uint64_t changes = [] {
        const TempFolder folder;
        const FaultyDisk disk{folder.path()};
        bus::SqliteStore::open({.path = folder.path() / "store.db"});
        return disk.changes();
    }();
    std::uint64_t opened = 0;
    for (std::uint64_t change = 1; change <= changes; ++change) {
        const TempFolder folder;
        FaultyDisk disk{folder.path()};
        disk.fail_at_change(change);
        try {
            const auto store = bus::SqliteStore::open({.path = folder.path() / "store.db"});
            ++opened;
            // Bytes 18 and 19 of a database say how it is written: 2, by a write-ahead log.
            BOOST_TEST(content(folder.path() / "store.db").at(18) == 2, "change " << change);
        } catch (const bus::StoreError&) {
            BOOST_TEST(disk.failed() == 1U);
        }
        try {
            bus::SqliteStore::open({.path = folder.path() / "store.db"});
        } catch (const bus::StoreError& error) {
            BOOST_ERROR("change " << change << ": " << error.what());
        }
    }
    BOOST_TEST(opened > 0U); // closing changes the disk, too
    BOOST_TEST(opened < changes);
}

BOOST_AUTO_TEST_CASE(a_disk_that_does_not_sync_would_be_detected) {
    // A test of this test: if commits are only buffered, cuts do lose accepted events.
    const TempFolder folder;
    FaultyDisk disk{folder.path()};
    const fs::path db = folder.path() / "store.db";
    auto store = bus::SqliteStore::open({.path = db});
    commit(*store, part({event(1)}), true);
    commit(*store, part({event(2)}), false);
    BOOST_TEST(disk.unsynced() > 0U);
    disk.cut();
    store.reset();
    disk.power_on({});
    store = bus::SqliteStore::open({.path = db});
    BOOST_TEST(store->last_position() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
