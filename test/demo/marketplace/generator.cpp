#include "demo/marketplace/generator.hpp"

#include "outcomes.hpp"
#include "temporary_feed.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>

using demo::FeedFaults;

namespace {

std::string feed_of(std::uint64_t orders, std::uint64_t seed,
                    const FeedFaults& rates = demo::usual_fault_rates) {
    std::ostringstream out;
    demo::generate(orders, seed, out, rates);
    return out.str();
}

std::uint64_t fnv1a(const std::string& text) {
    std::uint64_t hash = 14'695'981'039'346'656'037U;
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
    return hash;
}

} // namespace

BOOST_AUTO_TEST_SUITE(generator)

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_bytes_here_and_everywhere) {
    BOOST_TEST(feed_of(500, 7) == feed_of(500, 7));
    BOOST_TEST(feed_of(500, 7) != feed_of(500, 8));
    BOOST_TEST(fnv1a(feed_of(2'000, 42)) ==
               8529003448874988482U); // fixed: a change here changes everybody's feeds
}

BOOST_AUTO_TEST_CASE(a_longer_feed_begins_like_a_shorter_one) {
    BOOST_TEST(feed_of(400, 3).starts_with(feed_of(300, 3)));
    BOOST_TEST(feed_of(0, 3).empty());
}

BOOST_AUTO_TEST_CASE(every_order_has_the_outcome_that_the_generator_says) {
    std::ostringstream out;
    const auto made = demo::generate(5'000, 1, out);
    const test::TemporaryFeed feed(out.str());
    demo::Marketplace marketplace({feed.path()});
    std::map<std::string, std::uint64_t> outcomes;
    std::set<std::string> currencies;
    std::uint64_t lines = 0;
    while (const auto line = marketplace.next()) {
        ++lines;
        const auto outcome = test::outcome_of(line->key, *marketplace.bundle(line->key));
        if (line->occurrence == demo::Occurrence::repeated)
            ++outcomes["repeated"];
        else
            ++outcomes[outcome.outcome + " " + outcome.step_failed + " " + outcome.reason];
        if (outcome.outcome == "synced")
            currencies.insert(outcome.currency);
    }
    const auto& faults = made.faults;
    BOOST_TEST(made.orders == 5'000U);
    BOOST_TEST(lines == made.lines);
    BOOST_TEST(outcomes["repeated"] == faults.duplicates);
    BOOST_TEST(outcomes["rejected ingest invalid_json"] +
                   outcomes["rejected ingest not_an_object"] ==
               faults.broken_lines);
    BOOST_TEST(outcomes["failed ingest missing_member"] == faults.missing_members);
    BOOST_TEST(outcomes["failed extract_financials invalid_amount"] == faults.invalid_amounts);
    BOOST_TEST(outcomes["failed extract_financials mixed_currencies"] == faults.mixed_currencies);
    BOOST_TEST(outcomes["waiting extract_financials "] == faults.no_financials);
    BOOST_TEST(outcomes["failed validate total_mismatch"] == faults.total_mismatches);
    BOOST_TEST(outcomes["failed validate item_price_mismatch"] == faults.price_mismatches);
    const auto faulty = faults.broken_lines + faults.missing_members + faults.invalid_amounts +
                        faults.mixed_currencies + faults.no_financials + faults.total_mismatches +
                        faults.price_mismatches;
    BOOST_TEST(outcomes["synced  "] == made.orders - faulty);
    BOOST_TEST(currencies.size() >= 5U);
    BOOST_TEST(made.refunds > 300U);
    for (const auto count : {faults.duplicates, faults.broken_lines, faults.missing_members,
                             faults.invalid_amounts, faults.mixed_currencies, faults.no_financials,
                             faults.total_mismatches, faults.price_mismatches})
        BOOST_TEST(count > 10U);
}

BOOST_AUTO_TEST_CASE(a_feed_without_faults_has_none) {
    const test::TemporaryFeed feed(feed_of(1'000, 5, FeedFaults{}));
    demo::Marketplace marketplace({feed.path()});
    const auto outcomes = test::outcomes_of(marketplace);
    BOOST_TEST(outcomes.size() == 1'000U);
    for (const auto& outcome : outcomes)
        BOOST_TEST(outcome.outcome == "synced");
}

BOOST_AUTO_TEST_CASE(the_bundled_sample_is_a_generated_feed) {
    std::ifstream file(SAMPLE_FEED, std::ios::binary);
    BOOST_REQUIRE(file.is_open());
    std::ostringstream content;
    content << file.rdbuf();
    BOOST_TEST((content.str() == feed_of(300, 7)));
    BOOST_TEST(content.str().size() < 1'000'000U);
}

BOOST_AUTO_TEST_CASE(impossible_rates_are_refused) {
    std::ostringstream out;
    BOOST_CHECK_THROW(demo::generate(1, 1, out, {.broken_lines = 6'000, .no_financials = 6'000}),
                      std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(a_stream_that_fails_is_an_error) {
    std::ofstream full("/dev/full");
    BOOST_CHECK_THROW(demo::generate(10'000, 1, full), std::runtime_error);
}

BOOST_AUTO_TEST_SUITE_END()
