#include "test/support/needs.hpp"
#include "test/support/sanitized.hpp"

#include "feeds.hpp"
#include "program.hpp"

#include <boost/test/unit_test.hpp>

namespace {

/// Compares a report with the expected outcomes, row by row, in all columns except `reason`.
void check_report(const std::filesystem::path& report, const std::filesystem::path& expected) {
    const std::vector<test::Row> want = test::read_csv(expected);
    const std::vector<test::Row> got = test::read_csv(report);
    BOOST_TEST_REQUIRE(got.size() == want.size());
    for (std::size_t i = 0; i < want.size(); ++i) {
        for (const auto& [column, value] : want[i]) {
            if (column != "reason") {
                BOOST_TEST(got[i].at(column) == value,
                           want[i].at("order_id") << ", " << column << ": expected " << value
                                                  << ", got " << got[i].at(column));
            }
        }
    }
}

/// The words of the rows in the table with the sums of a currency.
bool shows_sums(const std::string& out) {
    return out.find("12896.00         414.00     -239.00    -1751.23   11319.77") !=
               std::string::npos &&
           out.find("830852.42       11826.85     -687.66  -245899.36  596092.25") !=
               std::string::npos;
}

struct RealOrders {
    std::filesystem::path feed = test::shared_data("marketplace/orders.ndjson.gz").value();
    std::filesystem::path expected = test::shared_data("marketplace/orders.expected.csv").value();
    test::TemporaryFolder folder;

    void run(const std::vector<std::string>& more) {
        const std::string input = folder.file("orders.ndjson", test::gunzip(feed));
        const std::string report = (folder / "report.csv").string();
        std::vector<std::string> arguments{"run", "-", "--report", report};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const test::Finished finished = test::order_pipeline(arguments, input);
        BOOST_TEST_REQUIRE(finished.exit_code == 0, finished.err);
        check_report(report, expected);
        BOOST_TEST(shows_sums(finished.out), finished.out);
        BOOST_TEST(finished.out.find("differ") == std::string::npos, finished.out);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(real_orders, RealOrders, *test::needs_shared_data("marketplace"))

BOOST_AUTO_TEST_CASE(the_report_agrees_with_what_is_expected_on_every_row,
                     *test::needs("a build without a sanitizer", [] { return !test::sanitized; })) {
    run({"--store", "sqlite:" + (folder / "orders.db").string()});
}

BOOST_AUTO_TEST_CASE(the_report_agrees_even_if_the_books_refuse_a_fifth_of_the_calls) {
    run({"--store", "memory", "--faults", "0.2", "--seed", "7"});
}

BOOST_AUTO_TEST_SUITE_END()
