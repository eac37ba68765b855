#include "feeds.hpp"
#include "program.hpp"

#include <boost/test/unit_test.hpp>

namespace {

struct StoreWithOrders {
    test::TemporaryFolder folder;
    std::string store = "sqlite:" + (folder / "orders.db").string();

    StoreWithOrders() {
        const std::string whole = test::good_line("111-2");
        const std::string waiting = whole.substr(0, whole.find(",\"financialEvents\"")) + "}\n";
        const std::string feed =
            folder.file("feed", test::good_line("111-1") + waiting + "no json\n");
        BOOST_TEST_REQUIRE(test::order_pipeline({"run", feed, "--store", store}).exit_code == 0);
    }
};

bool in_order(const std::string& text, const std::vector<std::string>& words) {
    std::size_t from = 0;
    for (const std::string& word : words) {
        from = text.find(word, from);
        if (from == std::string::npos) {
            BOOST_TEST_MESSAGE("not found in this order: " << word << "\n" << text);
            return false;
        }
    }
    return true;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(status, StoreWithOrders)

BOOST_AUTO_TEST_CASE(counts_orders_by_outcome) {
    const test::Finished finished = test::order_pipeline({"status", "--store", store});
    BOOST_TEST(finished.exit_code == 0, finished.err);
    BOOST_TEST(
        in_order(finished.out, {"synced", "1", "rejected", "1", "waiting", "1", "all", "3"}));
}

BOOST_AUTO_TEST_CASE(shows_an_order_as_a_tree_of_causes) {
    const test::Finished finished = test::order_pipeline({"status", "--store", store, "111-1"});
    BOOST_TEST(finished.exit_code == 0, finished.err);
    BOOST_TEST(in_order(finished.out,
                        {"111-1: synced", "BundleReceivedEvent", "\n`- ", "OrderCreatedEvent",
                         "\n   `- ", "FinancialsExtractedEvent", "OrderValidatedEvent",
                         "OrderSavedEvent", "InvoiceCreatedEvent", "OrderSyncedEvent"}));
}

BOOST_AUTO_TEST_CASE(says_what_an_order_waits_for) {
    const test::Finished finished = test::order_pipeline({"status", "--store", store, "111-2"});
    BOOST_TEST(in_order(finished.out, {"111-2: waiting at extract_financials", "tries again at",
                                       "not_ready", "no financial events yet"}));
}

BOOST_AUTO_TEST_CASE(an_order_that_is_not_in_the_store_ends_with_3) {
    const test::Finished finished = test::order_pipeline({"status", "--store", store, "999"});
    BOOST_TEST(finished.exit_code == 3);
    BOOST_TEST(finished.err.find("999") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_missing_store_ends_with_4_and_is_not_created) {
    const auto absent = folder / "absent.db";
    const test::Finished finished =
        test::order_pipeline({"status", "--store", "sqlite:" + absent.string()});
    BOOST_TEST(finished.exit_code == 4);
    BOOST_TEST(finished.err.find("absent.db") != std::string::npos);
    BOOST_TEST(!std::filesystem::exists(absent));
}

BOOST_AUTO_TEST_SUITE_END()
