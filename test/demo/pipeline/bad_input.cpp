#include "feeds.hpp"
#include "program.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>

namespace {

/// A feed of two good orders with something bad between them.
struct BadInput {
    test::TemporaryFolder folder;

    /// Runs it. The good orders must go through, and the bad one must be reported as given.
    void check(const std::string& bad_line, const std::string& id, const std::string& outcome,
               const std::string& step, const std::vector<std::string>& words_of_reason) const {
        const std::string feed = folder.file("feed", test::good_line("111-1") + bad_line + "\n" +
                                                         test::good_line("111-3"));
        const std::string report = (folder / "report.csv").string();
        const test::Finished finished = test::order_pipeline({"run", feed, "--report", report});
        BOOST_TEST_REQUIRE(finished.exit_code == 0, finished.err);
        const auto rows = test::read_csv(report);
        BOOST_TEST(rows.size() == 3U);
        BOOST_TEST(test::row_of(rows, "111-1").at("outcome") == "synced");
        BOOST_TEST(test::row_of(rows, "111-3").at("outcome") == "synced");
        const test::Row& bad = test::row_of(rows, id);
        BOOST_TEST(bad.at("outcome") == outcome);
        BOOST_TEST(bad.at("step_failed") == step);
        for (const std::string& word : words_of_reason) {
            BOOST_TEST(bad.at("reason").find(word) != std::string::npos,
                       "'" << word << "' is not in: " << bad.at("reason"));
        }
    }

    /// The good line of order 111-2, with one text replaced.
    static std::string with(const std::string& old_text, const std::string& new_text) {
        std::string line = test::good_line("111-2");
        line.pop_back();
        const std::size_t at = line.find(old_text);
        BOOST_TEST_REQUIRE(at != std::string::npos, old_text);
        return line.replace(at, old_text.size(), new_text);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(bad_input, BadInput)

BOOST_AUTO_TEST_CASE(a_broken_line_is_rejected) {
    check(R"({"order":{"AmazonOrderId":"111-2)", "line:2", "rejected", "ingest", {"JSON"});
}

BOOST_AUTO_TEST_CASE(a_line_that_is_not_an_object_is_rejected) {
    check("[1,2]", "line:2", "rejected", "ingest", {"object"});
}

BOOST_AUTO_TEST_CASE(deep_nesting_is_rejected) {
    check(with("\"order\":",
               "\"x\":" + std::string(100'000, '[') + std::string(100'000, ']') + ",\"order\":"),
          "line:2", "rejected", "ingest", {"more than 64", "within each other"});
}

BOOST_AUTO_TEST_CASE(invalid_utf8_is_rejected) {
    check(with("Amazon.co.uk", "Amazon\xff.uk"), "line:2", "rejected", "ingest", {"UTF-8"});
}

BOOST_AUTO_TEST_CASE(a_missing_member_is_named) {
    check(with("\"PurchaseDate\":\"2025-03-01T10:00:00Z\",", ""), "111-2", "failed", "ingest",
          {"order.PurchaseDate"});
}

BOOST_AUTO_TEST_CASE(a_missing_order_id_leaves_the_line_number) {
    check(with("\"AmazonOrderId\":\"111-2\",", ""), "line:2", "failed", "ingest",
          {"order.AmazonOrderId"});
}

BOOST_AUTO_TEST_CASE(a_wrong_type_is_named_with_what_was_expected_and_found) {
    check(with("\"OrderStatus\":\"Shipped\"", "\"OrderStatus\":7"), "111-2", "failed", "ingest",
          {"order.OrderStatus", "string", "7"});
}

BOOST_AUTO_TEST_CASE(an_amount_that_is_not_a_decimal_is_named_with_its_path) {
    check(with("\"CurrencyAmount\":-1.50", "\"CurrencyAmount\":\"12,5O\""), "111-2", "failed",
          "extract_financials",
          {"financialEvents.ShipmentEventList[0].ShipmentItemList[0].ItemFeeList[0].FeeAmount",
           "12,5O"});
}

BOOST_AUTO_TEST_CASE(an_amount_of_40_digits_is_refused_and_not_rounded) {
    check(with("\"CurrencyAmount\":-1.50",
               "\"CurrencyAmount\":-1.500000000000000000000000000000000000001"),
          "111-2", "failed", "extract_financials", {"34 digits", "FeeAmount"});
}

BOOST_AUTO_TEST_CASE(mixed_currencies_are_refused) {
    check(with(R"("FeeAmount":{"CurrencyCode":"GBP")", R"("FeeAmount":{"CurrencyCode":"EUR")"),
          "111-2", "failed", "extract_financials", {"GBP", "EUR"});
}

BOOST_AUTO_TEST_CASE(an_unknown_currency_is_refused) {
    std::string line = test::good_line("111-2");
    line.pop_back();
    for (std::size_t at = line.find("GBP"); at != std::string::npos; at = line.find("GBP")) {
        line.replace(at, 3, "QQQ");
    }
    check(line, "111-2", "failed", "extract_financials", {"QQQ"});
}

BOOST_AUTO_TEST_CASE(an_invalid_purchase_date_is_refused) {
    check(with("2025-03-01T10:00:00Z\",\"Last", "yesterday\",\"Last"), "111-2", "failed", "ingest",
          {"order.PurchaseDate", "yesterday"});
}

BOOST_AUTO_TEST_CASE(the_first_of_two_lines_with_one_id_counts) {
    const std::string feed = folder.file("feed", test::good_line("111-1") + with("10.00", "99.00") +
                                                     "\n" + test::good_line("111-2"));
    const std::string report = (folder / "report.csv").string();
    const test::Finished finished = test::order_pipeline({"run", feed, "--report", report});
    const auto rows = test::read_csv(report);
    BOOST_TEST(rows.size() == 2U);
    BOOST_TEST(test::row_of(rows, "111-2").at("outcome") == "failed");
    BOOST_TEST(finished.out.find("1 lines repeat") != std::string::npos, finished.out);
}

BOOST_AUTO_TEST_CASE(a_line_of_100_megabytes_is_rejected_without_being_held) {
    const std::string feed = (folder / "feed").string();
    {
        std::ofstream out{feed};
        out << test::good_line("111-1");
        const std::string piece(1'000'000, 'x');
        for (int i = 0; i < 100; ++i) {
            out << piece;
        }
        out << '\n' << test::good_line("111-3");
    }
    const std::string report = (folder / "report.csv").string();
    const test::Finished finished = test::order_pipeline({"run", feed, "--report", report});
    BOOST_TEST_REQUIRE(finished.exit_code == 0, finished.err);
    const auto rows = test::read_csv(report);
    BOOST_TEST(test::row_of(rows, "111-1").at("outcome") == "synced");
    BOOST_TEST(test::row_of(rows, "111-3").at("outcome") == "synced");
    BOOST_TEST(test::row_of(rows, "line:2").at("outcome") == "rejected");
    BOOST_TEST(test::row_of(rows, "line:2").at("reason").find("100000000") != std::string::npos,
               test::row_of(rows, "line:2").at("reason"));
}

BOOST_AUTO_TEST_CASE(rejected_lines_of_two_feeds_are_distinguished_and_counted_once) {
    const std::string store = "sqlite:" + (folder / "orders.db").string();
    const std::string report = (folder / "report.csv").string();
    for (const char* text : {"one bad line\n", "another bad line\n", "one bad line\n"}) {
        const std::string feed = folder.file("feed", text);
        const test::Finished finished =
            test::order_pipeline({"run", feed, "--store", store, "--report", report});
        BOOST_TEST_REQUIRE(finished.exit_code == 0, finished.err);
    }
    BOOST_TEST(test::read_csv(report).size() == 2U);
}

BOOST_AUTO_TEST_CASE(an_empty_feed_is_reported_but_is_not_an_error) {
    const test::Finished finished = test::order_pipeline({"run", folder.file("empty", "")});
    BOOST_TEST(finished.exit_code == 0, finished.err);
    BOOST_TEST(finished.out.find("is empty") != std::string::npos, finished.out);
}

BOOST_AUTO_TEST_CASE(a_missing_file_ends_with_3_and_is_named) {
    const test::Finished finished =
        test::order_pipeline({"run", (folder / "absent.ndjson").string()});
    BOOST_TEST(finished.exit_code == 3);
    BOOST_TEST(finished.err.find("absent.ndjson") != std::string::npos, finished.err);
}

BOOST_AUTO_TEST_CASE(a_folder_is_not_a_feed) {
    const test::Finished finished = test::order_pipeline({"run", (folder / ".").string()});
    BOOST_TEST(finished.exit_code == 3);
    BOOST_TEST(finished.err.find("irectory") != std::string::npos, finished.err);
}

BOOST_AUTO_TEST_SUITE_END()
