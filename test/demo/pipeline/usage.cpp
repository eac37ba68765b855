#include "feeds.hpp"
#include "program.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

BOOST_AUTO_TEST_SUITE(usage)

BOOST_AUTO_TEST_CASE(help_names_the_commands_and_the_exit_codes) {
    const test::Finished help = test::order_pipeline({"--help"});
    BOOST_TEST(help.exit_code == 0);
    for (const char* word : {"run", "status", "graph", "generate", "Exit codes", "130"}) {
        BOOST_TEST(help.out.find(word) != std::string::npos, word);
    }
}

BOOST_AUTO_TEST_CASE(wrong_usage_ends_with_2_and_says_what_is_wrong) {
    const std::vector<std::vector<std::string>> wrong{{},
                                                      {"walk"},
                                                      {"run"},
                                                      {"run", "x", "--faults", "2"},
                                                      {"run", "x", "--colour"},
                                                      {"status"},
                                                      {"graph", "file"},
                                                      {"generate", "--orders", "many"}};
    for (const auto& arguments : wrong) {
        const test::Finished finished = test::order_pipeline(arguments);
        BOOST_TEST(finished.exit_code == 2);
        BOOST_TEST(!finished.err.empty());
    }
}

BOOST_AUTO_TEST_CASE(generate_writes_as_many_orders_as_asked_and_the_same_for_a_seed) {
    const std::vector<std::string> arguments{"generate", "--orders", "50", "--seed", "9"};
    const test::Finished first = test::order_pipeline(arguments);
    BOOST_TEST(first.exit_code == 0);
    BOOST_TEST(std::count(first.out.begin(), first.out.end(), '\n') >= 50);
    BOOST_TEST(first.out == test::order_pipeline(arguments).out);
}

BOOST_AUTO_TEST_CASE(generated_orders_run_from_standard_input_without_a_file) {
    const test::TemporaryFolder folder;
    const std::string feed = folder.file("feed", test::generated_feed(100, 3));
    const test::Finished finished = test::order_pipeline({"run", "-"}, feed);
    BOOST_TEST(finished.exit_code == 0, finished.err);
    BOOST_TEST(finished.out.find("synced") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_report_that_cannot_be_written_ends_with_5) {
    const test::TemporaryFolder folder;
    const std::string feed = folder.file("feed", test::good_line("111-1"));
    const test::Finished finished =
        test::order_pipeline({"run", feed, "--report", (folder / "no/report.csv").string()});
    BOOST_TEST(finished.exit_code == 5);
    BOOST_TEST(finished.err.find("report") != std::string::npos, finished.err);
}

BOOST_AUTO_TEST_CASE(notifications_that_cannot_be_written_end_with_5_before_the_work) {
    const test::TemporaryFolder folder;
    const std::string feed = folder.file("feed", test::good_line("111-1"));
    const test::Finished finished =
        test::order_pipeline({"run", feed, "--notifications", (folder / "no/log").string()});
    BOOST_TEST(finished.exit_code == 5);
    BOOST_TEST(finished.err.find("notifications") != std::string::npos, finished.err);
}

BOOST_AUTO_TEST_CASE(amounts_whose_sum_would_be_rounded_do_not_break_the_run) {
    const test::TemporaryFolder folder;
    std::string large = test::good_line("111-1");
    for (const char* amount : {"\"10.00\"", "\"10.00\"", "10.00"}) {
        const std::size_t at = large.find(amount);
        const bool quoted = amount[0] == '"';
        const std::string digits = "12345678901234567890123456789012.5";
        large.replace(at, std::string{amount}.size(), quoted ? '"' + digits + '"' : digits);
    }
    const std::string fee = "-1.50";
    large.replace(large.find(fee), fee.size(), "-1.5");
    std::string small = test::good_line("111-2");
    small.replace(small.find(fee), fee.size(), "-1.501");
    const std::string feed = folder.file("feed", large + small);
    const std::string store = "sqlite:" + (folder / "orders.db").string();
    const test::Finished finished = test::order_pipeline({"run", feed, "--store", store});
    BOOST_TEST(finished.exit_code == 0, finished.err);
    BOOST_TEST(finished.out.find("have to be rounded") != std::string::npos, finished.out);
    BOOST_TEST(test::order_pipeline({"status", "--store", store}).exit_code == 0);
}

BOOST_AUTO_TEST_SUITE_END()
