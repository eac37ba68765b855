#include "test/support/needs.hpp"

#include "outcomes.hpp"
#include "temporary_feed.hpp"

#include <boost/test/unit_test.hpp>
#include <zlib.h>

#include <array>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

namespace {

std::string unzipped(const std::filesystem::path& path) {
    const gzFile file = gzopen(path.c_str(), "rb");
    if (file == nullptr)
        throw std::runtime_error("cannot open " + path.string());
    std::string content;
    std::array<char, 65'536> buffer{};
    int count = 0;
    while ((count = gzread(file, buffer.data(), buffer.size())) > 0)
        content.append(buffer.data(), static_cast<std::size_t>(count));
    gzclose(file);
    if (count < 0)
        throw std::runtime_error("cannot read " + path.string());
    return content;
}

std::vector<test::Outcome> expected_outcomes(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    BOOST_REQUIRE(line.starts_with("order_id,outcome,step_failed,principal_amount,net_proceeds,"
                                   "currency,financial_lines_count"));
    std::vector<test::Outcome> outcomes;
    while (std::getline(file, line)) {
        std::istringstream fields(line);
        test::Outcome outcome;
        for (std::string* field :
             {&outcome.order_id, &outcome.outcome, &outcome.step_failed, &outcome.principal,
              &outcome.net, &outcome.currency, &outcome.lines, &outcome.reason})
            std::getline(fields, *field, ',');
        outcomes.push_back(outcome);
    }
    return outcomes;
}

} // namespace

BOOST_AUTO_TEST_SUITE(shared_feed, *test::needs_shared_data("marketplace"))

BOOST_AUTO_TEST_CASE(every_order_of_the_shared_feed_has_the_expected_outcome) {
    const auto feed_path = test::shared_data("marketplace/orders.ndjson.gz");
    const auto expected_path = test::shared_data("marketplace/orders.expected.csv");
    const test::TemporaryFeed feed(unzipped(feed_path.value()));
    demo::Marketplace marketplace({feed.path()});
    const auto outcomes = test::outcomes_of(marketplace);
    const auto expected = expected_outcomes(expected_path.value());
    BOOST_TEST(expected.size() > 3'000U);
    std::map<std::string, test::Outcome> by_id;
    for (const auto& outcome : outcomes)
        by_id.emplace(outcome.order_id, outcome);
    BOOST_TEST(by_id.size() == outcomes.size());
    BOOST_TEST(outcomes.size() == expected.size());
    for (const auto& outcome : expected) {
        const auto found = by_id.find(outcome.order_id);
        BOOST_REQUIRE_MESSAGE(found != by_id.end(), outcome.order_id << " is missing");
        BOOST_TEST(found->second == outcome);
    }
    BOOST_TEST(marketplace.bytes_read() == marketplace.bytes_total().value());
}

BOOST_AUTO_TEST_SUITE_END()
