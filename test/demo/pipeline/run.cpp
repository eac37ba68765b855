#include "demo/books/books.hpp"
#include "demo/events/order_events.hpp"
#include "demo/pipeline/outcome.hpp"
#include <bus/event/codec.hpp>
#include <bus/store/store_url.hpp>
#include <bus/store/verify.hpp>

#include "feeds.hpp"
#include "program.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

namespace {

struct SampleRun {
    test::TemporaryFolder folder;
    std::string store = "sqlite:" + (folder / "orders.db").string();
    std::string books = (folder / "orders.books.db").string();
    std::string report = (folder / "report.csv").string();

    test::Finished run(const std::vector<std::string>& more = {}) {
        std::vector<std::string> arguments{"run", test::sample_feed(), "--store",
                                           store, "--report",          report};
        arguments.insert(arguments.end(), more.begin(), more.end());
        test::Finished finished = test::order_pipeline(arguments);
        BOOST_TEST_REQUIRE(finished.exit_code == 0, finished.err);
        return finished;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(run, SampleRun)

BOOST_AUTO_TEST_CASE(every_order_of_the_sample_is_settled_or_waits) {
    const test::Finished finished = run();
    const auto rows = test::read_csv(report);
    std::map<std::string, int> outcomes;
    for (const test::Row& row : rows) {
        ++outcomes[row.at("outcome")];
    }
    BOOST_TEST(outcomes["open"] == 0);
    BOOST_TEST(outcomes["synced"] > 200);
    for (const char* outcome : {"failed", "rejected", "waiting"}) {
        BOOST_TEST(outcomes[outcome] > 0, "the sample has no order that is " << outcome);
    }
    BOOST_TEST(finished.out.find("orders settled in") != std::string::npos);
    BOOST_TEST(finished.out.find("differ") == std::string::npos, finished.out);
}

BOOST_AUTO_TEST_CASE(the_store_of_a_run_is_whole) {
    run({"--faults", "0.3", "--seed", "11"});
    const bus::VerifyReport verified = bus::verify({.path = folder / "orders.db"});
    for (const bus::Finding& finding : verified.findings) {
        BOOST_TEST(finding.note, bus::name_of(finding.kind) << ": " << finding.what);
    }
    BOOST_TEST(verified.events > 1000U);
    BOOST_TEST(verified.unchecked_events == 0U);
}

BOOST_AUTO_TEST_CASE(each_synced_order_has_one_invoice_whose_lines_sum_to_its_net) {
    run();
    const demo::Books opened{books};
    int synced = 0;
    for (const test::Row& row : test::read_csv(report)) {
        const auto invoice = opened.invoice_of(row.at("order_id"));
        BOOST_TEST(invoice.has_value() == (row.at("outcome") == "synced"));
        if (!invoice) {
            continue;
        }
        ++synced;
        demo::Decimal sum;
        for (const demo::InvoiceLine& line : invoice->lines) {
            sum = sum + line.amount;
        }
        BOOST_TEST(sum.to_string() == row.at("net_proceeds"));
        BOOST_TEST(std::to_string(invoice->lines.size()) == row.at("financial_lines_count"));
    }
    const demo::BooksCounts counts = opened.counts();
    BOOST_TEST(counts.invoices + counts.credit_notes == synced);
    BOOST_TEST(opened.audit().empty());
}

BOOST_AUTO_TEST_CASE(the_books_totals_are_those_of_the_report) {
    run();
    std::map<std::string, demo::Decimal> nets;
    for (const test::Row& row : test::read_csv(report)) {
        if (row.at("outcome") == "synced") {
            demo::Decimal& sum = nets[row.at("currency")];
            sum = sum + demo::Decimal::parse(row.at("net_proceeds"));
        }
    }
    const auto totals = demo::Books{books}.totals();
    BOOST_TEST(totals.size() == nets.size());
    for (const demo::BooksTotals& total : totals) {
        BOOST_TEST((nets.at(total.currency) == total.net), total.currency);
    }
}

BOOST_AUTO_TEST_CASE(the_events_of_an_order_share_an_execution_and_name_their_causes) {
    run();
    const auto opened = bus::open_store(store, {.read_only = true, .program = "test"});
    int orders = 0;
    for (const bus::StoredEvent& synced : opened->read_type("OrderSyncedEvent", 0, 1000)) {
        const std::vector<std::string> expected{"BundleReceivedEvent",      "OrderCreatedEvent",
                                                "FinancialsExtractedEvent", "OrderValidatedEvent",
                                                "OrderSavedEvent",          "InvoiceCreatedEvent",
                                                "OrderSyncedEvent"};
        std::vector<std::string> types;
        bus::Uuid cause{};
        for (const bus::StoredEvent& event :
             opened->read_execution(synced.record.execution_id, 0, 100)) {
            BOOST_TEST(event.record.causation_id == cause);
            BOOST_TEST(event.record.aggregate_id == synced.record.aggregate_id);
            types.push_back(event.record.event_type);
            cause = event.record.event_id;
        }
        BOOST_TEST(types == expected, boost::test_tools::per_element());
        ++orders;
    }
    BOOST_TEST(orders > 200);
}

BOOST_AUTO_TEST_CASE(the_same_feed_again_changes_nothing_and_says_so) {
    run();
    const std::string first = test::read_file(report);
    const bus::Position events = bus::open_store(store, {.read_only = true})->last_position();
    const test::Finished again = run();
    BOOST_TEST(again.out.find("Nothing changed") != std::string::npos, again.out);
    BOOST_TEST(test::read_file(report) == first);
    BOOST_TEST(bus::open_store(store, {.read_only = true})->last_position() == events);
}

BOOST_AUTO_TEST_CASE(refused_calls_are_retried_and_change_no_outcome) {
    run({"--books", (folder / "calm.db").string()});
    const std::string calm = test::read_file(report);
    store = "sqlite:" + (folder / "faulty.db").string();
    const test::Finished faulty = run({"--faults", "0.3", "--seed", "11"});
    BOOST_TEST(test::read_file(report) == calm);
    BOOST_TEST(faulty.out.find(" 0 failed attempts") == std::string::npos, faulty.out);
}

BOOST_AUTO_TEST_CASE(an_order_that_waits_is_synced_when_a_later_feed_has_its_financial_events) {
    const std::string whole = test::good_line("111-1");
    const std::string without = whole.substr(0, whole.find(",\"financialEvents\"")) + "}\n";
    const std::string early = folder.file("early.ndjson", without);
    const std::string late = folder.file("late.ndjson", whole);
    for (const auto& [feed, outcome] :
         {std::pair{early, "waiting"}, std::pair{early, "waiting"}, std::pair{late, "synced"}}) {
        const test::Finished finished =
            test::order_pipeline({"run", feed, "--store", store, "--report", report});
        BOOST_TEST(finished.exit_code == 0, finished.err);
        const auto rows = test::read_csv(report);
        BOOST_TEST_REQUIRE(rows.size() == 1U);
        BOOST_TEST(rows[0].at("outcome") == outcome);
    }
}

BOOST_AUTO_TEST_CASE(failed_orders_are_notified_once_each) {
    run();
    std::set<std::string> failed;
    for (const test::Row& row : test::read_csv(report)) {
        if (row.at("outcome") == "failed" || row.at("outcome") == "rejected") {
            failed.insert(row.at("order_id"));
        }
    }
    const auto opened = bus::open_store(store, {.read_only = true});
    std::multiset<std::string> notified;
    for (const bus::StoredEvent& event : opened->read_type("NotificationSentEvent", 0, 10'000)) {
        const auto sent =
            std::static_pointer_cast<const demo::NotificationSentEvent>(bus::decode(event.record));
        BOOST_TEST(sent->success);
        notified.insert(sent->order_id);
    }
    BOOST_TEST(std::set<std::string>(notified.begin(), notified.end()) == failed,
               boost::test_tools::per_element());
    BOOST_TEST(notified.size() == failed.size());
}

BOOST_AUTO_TEST_SUITE_END()
