#include "demo/books/books.hpp"
#include "demo/pipeline/outcome.hpp"
#include <bus/store/store_url.hpp>

#include "feeds.hpp"
#include "program.hpp"

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

namespace {

/// A run on files that is stopped in the middle, and the result that it must have in the end.
struct Interrupted {
    test::TemporaryFolder folder;
    std::string text = test::generated_feed(400, 21);
    std::string feed = folder.file("feed.ndjson", text);
    std::string store = "sqlite:" + (folder / "orders.db").string();
    std::string books = (folder / "orders.books.db").string();
    std::string report = (folder / "report.csv").string();

    [[nodiscard]] std::vector<std::string> arguments() const {
        return {"run",      feed,  "--store", store, "--report",     report,
                "--faults", "0.2", "--seed",  "5",   "--no-progress"};
    }

    std::string calm_report() {
        const std::string path = (folder / "calm.csv").string();
        const test::Finished calm =
            test::order_pipeline({"run", feed, "--store", "memory", "--report", path});
        BOOST_TEST_REQUIRE(calm.exit_code == 0, calm.err);
        return test::read_file(path);
    }

    /// Waits until the store holds this many events, so that the signal depends on the progress of
    /// the work and not on time. False: the program ended first.
    [[nodiscard]] bool reaches(bus::Position events) const {
        for (int i = 0; i < 20'000; ++i) {
            try {
                if (bus::open_store(store, {.read_only = true})->last_position() >= events) {
                    return true;
                }
            } catch (const bus::StoreError&) {
                // the store does not exist yet
            }
            usleep(500); // watches another process: there is no clock to simulate
        }
        return false;
    }

    void check_whole(const std::string& calm) const {
        BOOST_TEST(test::read_file(report) == calm);
        const demo::Books opened{books};
        BOOST_TEST(opened.audit().empty());
        std::int64_t synced = 0;
        for (const test::Row& row : test::read_csv(report)) {
            synced += row.at("outcome") == "synced" ? 1 : 0;
        }
        const demo::BooksCounts counts = opened.counts();
        BOOST_TEST(counts.invoices + counts.credit_notes == synced);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(interrupted, Interrupted)

BOOST_AUTO_TEST_CASE(
    a_run_that_is_killed_again_and_again_ends_with_the_report_of_one_that_was_not) {
    const std::string calm = calm_report();
    for (const bus::Position stage : {1U, 60U, 400U, 900U, 1500U, 2100U}) {
        test::OrderPipeline program{arguments()};
        BOOST_TEST_REQUIRE(reaches(stage));
        program.signal(SIGKILL);
        program.finish();
    }
    const test::Finished last = test::order_pipeline(arguments());
    BOOST_TEST(last.exit_code == 0, last.err);
    check_whole(calm);
}

BOOST_AUTO_TEST_CASE(a_run_on_standard_input_continues_after_kills_if_the_feed_is_given_again) {
    const std::string calm = calm_report();
    std::vector<std::string> from_input = arguments();
    from_input[1] = "-";
    for (const bus::Position stage : {1U, 200U, 1200U, 2000U}) {
        test::OrderPipeline program{from_input, feed};
        BOOST_TEST_REQUIRE(reaches(stage));
        program.signal(SIGKILL);
        program.finish();
    }
    const test::Finished last = test::order_pipeline(from_input, feed);
    BOOST_TEST(last.exit_code == 0, last.err);
    check_whole(calm);
}

BOOST_AUTO_TEST_CASE(kills_at_any_time_from_start_to_report_change_nothing) {
    const std::string calm = calm_report();
    int killed = 0;
    // Each kill comes later: while the program opens, feeds, works and stops. The last runs end by
    // themselves.
    for (const int tenths : {1, 3, 10, 30, 60, 100, 300, 600, 1000, 2000}) {
        test::OrderPipeline program{arguments()};
        usleep(static_cast<useconds_t>(tenths * 100)); // another process: no clock to simulate
        program.signal(SIGKILL);
        killed += program.finish().exit_code == -SIGKILL ? 1 : 0;
    }
    BOOST_TEST(killed > 0);
    const test::Finished last = test::order_pipeline(arguments());
    BOOST_TEST(last.exit_code == 0, last.err);
    check_whole(calm);
}

BOOST_AUTO_TEST_CASE(another_feed_between_a_kill_and_the_next_run_strands_no_order) {
    const std::string calm = calm_report();
    {
        test::OrderPipeline program{arguments()};
        BOOST_TEST_REQUIRE(reaches(500));
        program.signal(SIGKILL);
        program.finish();
    }
    const std::string other = folder.file("other.ndjson", test::good_line("111-1"));
    const test::Finished between = test::order_pipeline({"run", other, "--store", store});
    BOOST_TEST(between.exit_code == 0, between.err);
    BOOST_TEST(between.out.find("orders are open") != std::string::npos, between.out);
    const test::Finished last = test::order_pipeline(arguments());
    BOOST_TEST(last.exit_code == 0, last.err);
    BOOST_TEST(last.out.find("differ") == std::string::npos, last.out);
    std::string whole = test::read_file(report);
    const std::size_t from = whole.find("111-1,");
    BOOST_TEST_REQUIRE(from != std::string::npos);
    whole.erase(from, whole.find('\n', from) + 1 - from);
    BOOST_TEST(whole == calm);
}

BOOST_AUTO_TEST_CASE(an_interrupt_while_waiting_for_input_settles_the_orders_read_so_far) {
    const std::string pipe = (folder / "pipe").string();
    BOOST_TEST_REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
    // Opened for reading and writing, so that neither side waits for the other and the pipe never
    // ends.
    const int end = open(pipe.c_str(), O_RDWR);
    BOOST_TEST_REQUIRE(end >= 0);
    const std::string line = test::good_line("111-1") + R"({"order":{"Amaz)";
    BOOST_TEST(write(end, line.data(), line.size()) == static_cast<ssize_t>(line.size()));
    test::OrderPipeline program{{"run", pipe, "--store", store, "--report", report}};
    BOOST_TEST_REQUIRE(reaches(7));
    program.signal(SIGTERM);
    const test::Finished finished = program.finish();
    close(end);
    BOOST_TEST(finished.exit_code == 130, finished.err);
    const auto rows = test::read_csv(report);
    BOOST_TEST_REQUIRE(rows.size() == 1U);
    BOOST_TEST(rows[0].at("outcome") == "synced");
}

BOOST_AUTO_TEST_CASE(an_interrupt_ends_a_run_cleanly_and_the_same_command_continues_it) {
    const std::string calm = calm_report();
    test::OrderPipeline program{arguments()};
    BOOST_TEST_REQUIRE(reaches(200));
    program.signal(SIGINT);
    const test::Finished first = program.finish();
    BOOST_TEST((first.exit_code == 130 || first.exit_code == 0), first.err);
    if (first.exit_code == 130) {
        BOOST_TEST(first.out.find("the same command continues") != std::string::npos, first.out);
    }
    const test::Finished last = test::order_pipeline(arguments());
    BOOST_TEST(last.exit_code == 0, last.err);
    check_whole(calm);
}

BOOST_AUTO_TEST_SUITE_END()
