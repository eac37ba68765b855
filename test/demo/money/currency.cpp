#include "demo/money/currency.hpp"

#include "test/support/needs.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <string>
#include <vector>

namespace {

/// The fields of a CSV line; quotes as in RFC 4180, without line breaks inside.
std::vector<std::string> fields_of(const std::string& line) {
    std::vector<std::string> fields(1);
    bool quoted = false;
    for (const char c : line) {
        if (c == '"')
            quoted = !quoted;
        else if (c == ',' && !quoted)
            fields.emplace_back();
        else if (c != '\r')
            fields.back() += c;
    }
    return fields;
}

} // namespace

BOOST_AUTO_TEST_SUITE(currency)

BOOST_AUTO_TEST_CASE(a_known_code_is_found_with_its_minor_units) {
    const auto pound = demo::find_currency("GBP");
    BOOST_REQUIRE(pound);
    BOOST_TEST(pound->code == "GBP");
    BOOST_TEST(pound->minor_units.value() == 2);
    BOOST_TEST(demo::find_currency("JPY")->minor_units.value() == 0);
    BOOST_TEST(demo::find_currency("KWD")->minor_units.value() == 3);
    BOOST_TEST(!demo::find_currency("XAU")->minor_units.has_value());
}

BOOST_AUTO_TEST_CASE(an_unknown_code_is_not_found) {
    for (const auto* code : {"", "G", "GB", "gbp", "GBP ", "GBPX", "AAA", "ZZZ", "DEM", "\xC2\xA3"})
        BOOST_TEST(!demo::find_currency(code).has_value(), code);
}

BOOST_AUTO_TEST_CASE(the_table_agrees_with_the_published_list,
                     *test::needs_shared_data("vectors/iso4217/codes-all.csv")) {
    std::ifstream file(test::shared_data("vectors/iso4217/codes-all.csv").value());
    std::string line;
    std::getline(file, line);
    int in_use = 0;
    while (std::getline(file, line)) {
        const auto fields = fields_of(line);
        BOOST_REQUIRE(fields.size() == 6U);
        const std::string& code = fields[2];
        const std::string& minor_unit = fields[4];
        if (code.empty() || !fields[5].empty())
            continue; // a place without a currency, or a currency that no longer exists
        const auto found = demo::find_currency(code);
        BOOST_REQUIRE_MESSAGE(found, code << " is missing");
        const bool counted = minor_unit.size() == 1 && minor_unit >= "0" && minor_unit <= "9";
        BOOST_TEST(found->minor_units.has_value() == counted, code);
        if (counted)
            BOOST_TEST(found->minor_units.value() == minor_unit.front() - '0', code);
        ++in_use;
    }
    BOOST_TEST(in_use > 250);
}

BOOST_AUTO_TEST_SUITE_END()
