#include "demo/marketplace/bundle_reader.hpp"
#include "demo/marketplace/generator.hpp"

#include "bundle_builder.hpp"
#include "outcomes.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

/// Lines of a generated feed, faulty ones among them.
const std::vector<std::string>& seed_lines() {
    static const std::vector<std::string> lines = [] {
        std::stringstream feed;
        demo::generate(200, 99, feed);
        std::vector<std::string> result{test::sound_bundle};
        for (std::string line; std::getline(feed, line);)
            result.push_back(line);
        return result;
    }();
    return lines;
}

/// A line with a few bytes changed, taken out or put in.
rc::Gen<std::string> mutated_line() {
    return rc::gen::exec([] {
        std::string line = *rc::gen::elementOf(seed_lines());
        const int changes = *rc::gen::inRange(1, 8);
        for (int i = 0; i < changes && !line.empty(); ++i) {
            const auto at = *rc::gen::inRange<std::size_t>(0, line.size());
            const auto with = *rc::gen::oneOf(
                rc::gen::elementOf(std::vector<std::string>{
                    "{",    "}",  "[",    "]",        ",",           ":",       "\"",
                    "null", "0",  "-",    ".",        "e9",          "\\u0000", "12,5O",
                    "{}",   "[]", "\xFF", "\xC3\xA9", "\"Amount\":", "true"}),
                rc::gen::map(rc::gen::arbitrary<char>(), [](char c) { return std::string(1, c); }));
            line.replace(at, *rc::gen::inRange<std::size_t>(0, 12), with);
        }
        return line;
    });
}

const std::set<std::string>& outcomes() {
    static const std::set<std::string> known{"synced", "failed", "waiting", "rejected"};
    return known;
}

} // namespace

BOOST_AUTO_TEST_SUITE(bundle_reader_properties)

BOOST_AUTO_TEST_CASE(any_change_to_a_line_leaves_it_classified) {
    BOOST_TEST(rc::check([] {
        const std::string line = *mutated_line();
        const auto bundle = demo::read_bundle(line);
        const auto outcome = test::outcome_of("key", bundle);
        RC_TAG(outcome.outcome + " " + outcome.step_failed);
        RC_ASSERT(outcomes().contains(outcome.outcome));
        RC_ASSERT((outcome.outcome == "failed" || outcome.outcome == "rejected") ==
                  !outcome.reason.empty());
    }));
}

BOOST_AUTO_TEST_CASE(any_bytes_are_classified) {
    BOOST_TEST(rc::check([] {
        const auto line = *rc::gen::arbitrary<std::string>();
        const auto outcome = test::outcome_of("key", demo::read_bundle(line));
        RC_ASSERT(outcomes().contains(outcome.outcome));
    }));
}

BOOST_AUTO_TEST_CASE(a_line_is_rejected_exactly_if_it_is_not_a_json_object) {
    BOOST_TEST(rc::check([] {
        const std::string line = *mutated_line();
        boost::system::error_code error;
        boost::json::parse_options options;
        options.max_depth = demo::max_bundle_depth;
        const auto value = boost::json::parse(line, error, {}, options);
        RC_ASSERT(demo::read_bundle(line).is_rejected() == (error || !value.is_object()));
    }));
}

BOOST_AUTO_TEST_CASE(messages_are_utf8_and_short_whatever_the_line) {
    BOOST_TEST(rc::check([] {
        const auto bundle = demo::read_bundle(*mutated_line());
        for (const auto* problem :
             {&bundle.ingest_problem, &bundle.financials_problem, &bundle.content_problem}) {
            if (!*problem)
                continue;
            const std::string message = (*problem)->what();
            RC_ASSERT(message.size() < 600U);
            boost::system::error_code error;
            boost::json::parse(boost::json::serialize(boost::json::value(message)), error);
            RC_ASSERT(!error);
        }
    }));
}

BOOST_AUTO_TEST_SUITE_END()
