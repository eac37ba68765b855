// A store whose oldest events were pruned, with books that keep all invoices; and the modes of the
// files that a run leaves.
#include "demo/books/books.hpp"
#include "demo/pipeline/outcome.hpp"
#include <bus/store/sqlite_store.hpp>
#include <bus/store/verify.hpp>

#include "feeds.hpp"
#include "program.hpp"

#include <boost/test/unit_test.hpp>
#include <sqlite3.h>
#include <sys/stat.h>

namespace {

struct PrunedRun {
    PrunedRun() { BOOST_TEST_REQUIRE(run().exit_code == 0); }

    [[nodiscard]] test::Finished run() const {
        return test::order_pipeline({"run", test::sample_feed(), "--store", "sqlite:" + store});
    }

    /// Prunes as many events as possible, up to a position.
    void prune(bus::Position through) const {
        const auto opened = bus::SqliteStore::open({.path = store});
        for (; through > 0; --through) {
            try {
                opened->prune(through, 1'000'000);
                return;
            } catch (const bus::PruneRefused&) {
            }
        }
    }

    /// The order ids of the synced orders that the store still has.
    [[nodiscard]] std::vector<std::string> synced() const {
        std::vector<std::string> ids;
        const auto opened = bus::SqliteStore::open({.path = store, .read_only = true});
        demo::for_each_outcome(*opened, [&](const demo::OrderOutcome& outcome) {
            if (outcome.outcome == demo::Outcome::synced) {
                ids.push_back(outcome.order_id);
            }
        });
        return ids;
    }

    test::TemporaryFolder folder;
    std::string store = (folder / "orders.db").string();
    std::string books = (folder / "orders.books.db").string();
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(pruned, PrunedRun)

BOOST_AUTO_TEST_CASE(a_run_on_a_pruned_store_compares_the_books_with_what_is_left) {
    const std::size_t before = synced().size();
    bus::Position through = bus::SqliteStore::open({.path = store})->last_position();
    for (const bus::Position part : {30U, 12U, 9U}) { // early, later, and later still
        prune(through / part);
        const std::size_t left = synced().size();
        const test::Finished again = run();
        BOOST_TEST(again.exit_code == 0, again.out << again.err);
        BOOST_TEST(again.out.find("differ") == std::string::npos, again.out);
        if (left < before) {
            BOOST_TEST(again.out.find(std::to_string(before - left) +
                                      " invoices belong to orders that were pruned") !=
                           std::string::npos,
                       again.out);
        }
        BOOST_TEST(bus::verify({.path = store}).findings.empty());
    }
    BOOST_TEST(synced().size() < before);
    BOOST_TEST(!synced().empty());
}

BOOST_AUTO_TEST_CASE(a_run_on_a_pruned_store_still_finds_where_books_and_store_differ) {
    const bus::Position last = bus::SqliteStore::open({.path = store})->last_position();
    prune(last / 7);
    const std::string order = synced().back();
    sqlite3* handle = nullptr;
    sqlite3_open(books.c_str(), &handle);
    const std::string sql = "UPDATE orders SET order_id = order_id || 'x' WHERE order_id = '" +
                            order +
                            "'; UPDATE invoices SET order_id = order_id || 'x' WHERE "
                            "order_id = '" +
                            order + "';";
    BOOST_TEST(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(handle);
    const test::Finished again = run();
    BOOST_TEST(again.exit_code == 6, again.out << again.err);
    BOOST_TEST(again.out.find("books and store differ") != std::string::npos, again.out);
}

BOOST_AUTO_TEST_CASE(only_its_owner_may_read_what_a_run_leaves) {
    for (const char* name : {"orders.books.db", "orders.notifications.ndjson"}) {
        struct stat state {};

        BOOST_TEST_REQUIRE(::stat((folder / name).c_str(), &state) == 0, name);
        BOOST_TEST((state.st_mode & 0777U) == 0600U, name);
    }
}

BOOST_AUTO_TEST_SUITE_END()
