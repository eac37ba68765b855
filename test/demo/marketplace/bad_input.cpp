#include "demo/marketplace/bundle_reader.hpp"

#include "bundle_builder.hpp"
#include "outcomes.hpp"
#include "temporary_feed.hpp"

#include <boost/test/unit_test.hpp>
#include <sys/resource.h>

#include <fstream>
#include <string>

using demo::Marketplace;
using test::replaced;
using test::sound_bundle;
using test::TemporaryFeed;

namespace {

std::string rejection(const std::string& line) {
    const auto bundle = demo::read_bundle(line);
    BOOST_REQUIRE(bundle.is_rejected());
    BOOST_TEST(bundle.order_id.empty());
    BOOST_TEST(bundle.entries.empty());
    BOOST_TEST(bundle.ingest_problem->error_type() == "invalid_json");
    return bundle.ingest_problem->what();
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// The outcomes of a feed with one bad line between two good ones. Checks the good ones.
test::Outcome outcome_amid_good_ones(const std::string& bad) {
    const TemporaryFeed feed(replaced(sound_bundle, "123-", "101-") + "\n" + bad + "\n" +
                             replaced(sound_bundle, "123-", "102-") + "\n");
    Marketplace marketplace({feed.path()});
    const auto outcomes = test::outcomes_of(marketplace);
    BOOST_REQUIRE(outcomes.size() == 3U);
    BOOST_TEST(outcomes[0].outcome == "synced");
    BOOST_TEST(outcomes[2].outcome == "synced");
    return outcomes[1];
}

std::string input_error(const std::vector<std::string>& sources) {
    try {
        Marketplace marketplace(sources);
        while (marketplace.next()) {
        }
    } catch (const demo::InputError& error) {
        return error.what();
    }
    return "no error";
}

// A sanitizer keeps freed memory, so memory cannot be measured there.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool memory_is_telling = false;
#else
constexpr bool memory_is_telling = true;
#endif

long most_memory_kib() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

} // namespace

BOOST_AUTO_TEST_SUITE(bad_input)

BOOST_AUTO_TEST_CASE(broken_json_is_rejected_with_the_byte_and_the_order_it_names) {
    const std::string cut = sound_bundle.substr(0, 300);
    const std::string message = rejection(cut);
    BOOST_TEST(contains(message, "the text ends too early"), message);
    BOOST_TEST(contains(message, "the line names order 123-4567890-1234567"), message);
    BOOST_TEST(contains(rejection("{\"order\":}"), "byte 10"), rejection("{\"order\":}"));
    BOOST_TEST(contains(rejection(sound_bundle + "}"), "extra"), rejection(sound_bundle + "}"));
    BOOST_TEST(contains(rejection("{} {}"), "byte 4"), rejection("{} {}"));
    rejection("{'order':1}");
    rejection("{\"a\":1,}");
    rejection("{\"a\":01}");
    rejection("{\"a\":NaN}");
    rejection("{} // comment");
    rejection("");
}

BOOST_AUTO_TEST_CASE(deep_nesting_is_rejected_and_the_stack_survives) {
    for (const std::size_t depth : {std::size_t{100}, std::size_t{1'000'000}}) {
        const std::string message = rejection("{\"x\":" + std::string(depth, '['));
        BOOST_TEST(contains(message, "more than 64"), message);
    }
    rejection(std::string(1'000'000, '{'));
}

BOOST_AUTO_TEST_CASE(invalid_utf8_is_rejected) {
    for (const std::string bytes : {"\xFF", "\xC3", "\xC0\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80"})
        rejection(replaced(sound_bundle, "Mug", bytes));
    rejection(replaced(sound_bundle, "Mug", "\\ud800"));
    rejection(replaced(sound_bundle, "Mug", std::string("\0", 1)));
}

BOOST_AUTO_TEST_CASE(each_bad_line_is_an_outcome_and_the_rest_of_the_feed_is_unharmed) {
    const auto check = [](const std::string& bad, const std::string& outcome,
                          const std::string& step, const std::string& reason) {
        const auto result = outcome_amid_good_ones(bad);
        BOOST_TEST(result.outcome == outcome);
        BOOST_TEST(result.step_failed == step);
        BOOST_TEST(result.reason == reason);
        return result.order_id;
    };
    const auto with = [](const std::string& what, const std::string& instead) {
        return replaced(sound_bundle, what, instead);
    };
    const std::string extract = "extract_financials";
    BOOST_TEST(check("{\"order", "rejected", "ingest", "invalid_json") == "line:2");
    BOOST_TEST(check("[1]", "rejected", "ingest", "not_an_object") == "line:2");
    BOOST_TEST(check("{}", "failed", "ingest", "missing_member") == "line:2");
    BOOST_TEST(check(with("OrderStatus", "Status"), "failed", "ingest", "missing_member") ==
               "123-4567890-1234567");
    check(with("\"Shipped\"", "[]"), "failed", "ingest", "wrong_type");
    check(with(":20.00", ":\"12,5O\""), "failed", extract, "invalid_amount");
    check(with(":20.00", ":" + std::string(40, '1')), "failed", extract, "invalid_amount");
    check(with("-1.50", "{}"), "failed", extract, "wrong_type");
    check(with(R"("EUR","CurrencyAmount":-3)", R"("USD","CurrencyAmount":-3)"), "failed", extract,
          "mixed_currencies");
    check(with("32.50", "32.51"), "failed", "validate", "total_mismatch");
    check(with("\"20.00\"", "\"20.01\""), "failed", "validate", "item_price_mismatch");
}

BOOST_AUTO_TEST_CASE(a_line_of_a_hundred_megabytes_is_rejected_without_being_held) {
    const TemporaryFeed feed(sound_bundle + "\n");
    {
        std::ofstream file(feed.path(), std::ios::binary | std::ios::app);
        const std::string piece(1'000'000, 'x');
        for (int i = 0; i < 100; ++i)
            file << piece;
        file << "\r\n" << replaced(sound_bundle, "123-", "124-");
    }
    const long before = most_memory_kib();
    Marketplace marketplace({feed.path()});
    const auto outcomes = test::outcomes_of(marketplace);
    BOOST_TEST((!memory_is_telling || most_memory_kib() - before < 60'000));
    BOOST_REQUIRE(outcomes.size() == 3U);
    BOOST_TEST(outcomes[0].outcome == "synced");
    BOOST_TEST(outcomes[1].outcome == "rejected");
    BOOST_TEST(outcomes[1].order_id == "line:2");
    BOOST_TEST(outcomes[2].outcome == "synced");
    const std::string message = marketplace.bundle("line:2")->ingest_problem->what();
    BOOST_TEST(contains(message, "expected a line of at most 16777216 bytes, found one of "
                                 "100000000"),
               message);
}

BOOST_AUTO_TEST_CASE(a_line_of_very_many_elements_is_bounded) {
    std::string items;
    for (int i = 0; i < 150'000; ++i)
        items += "{},";
    const auto bundle =
        demo::read_bundle(replaced(sound_bundle, "\"orderItems\":[", "\"orderItems\":[" + items));
    BOOST_TEST(bundle.items.size() == demo::max_bundle_elements);
    BOOST_REQUIRE(bundle.ingest_problem);
    BOOST_TEST(bundle.ingest_problem->path() == "orderItems[100000]");
}

BOOST_AUTO_TEST_CASE(a_feed_that_cannot_be_opened_is_an_error_that_names_it) {
    const std::string missing = "/nowhere/feed.ndjson";
    BOOST_TEST(contains(input_error({missing}), "'/nowhere/feed.ndjson': No such file"),
               input_error({missing}));
    BOOST_TEST(contains(input_error({"/tmp"}), "'/tmp' is a directory"), input_error({"/tmp"}));
    BOOST_TEST(contains(input_error({""}), "cannot open the feed ''"));
    BOOST_TEST(contains(input_error({"-", "-"}), "named more than once"));
}

BOOST_AUTO_TEST_CASE(a_missing_feed_is_noticed_before_the_others_are_read) {
    const TemporaryFeed feed(sound_bundle);
    BOOST_CHECK_THROW(Marketplace({feed.path(), "/nowhere/feed.ndjson"}), demo::InputError);
}

BOOST_AUTO_TEST_CASE(a_feed_that_vanishes_while_it_is_read_is_read_to_its_end) {
    std::string content;
    for (int i = 100; i < 900; ++i)
        content += replaced(sound_bundle, "123-", std::to_string(i) + "-") + "\n";
    const TemporaryFeed feed(content);
    Marketplace marketplace({feed.path()});
    BOOST_REQUIRE(marketplace.next().has_value());
    std::filesystem::remove(feed.path());
    BOOST_TEST(test::outcomes_of(marketplace).size() == 799U);
    BOOST_TEST(marketplace.bundle("100-4567890-1234567")->order_id == "100-4567890-1234567");
}

BOOST_AUTO_TEST_CASE(a_feed_that_becomes_shorter_while_it_is_read_is_an_error) {
    std::string content;
    for (int i = 100; i < 900; ++i)
        content += replaced(sound_bundle, "123-", std::to_string(i) + "-") + "\n";
    TemporaryFeed feed(content);
    Marketplace marketplace({feed.path()});
    BOOST_REQUIRE(marketplace.next().has_value());
    feed.write("");
    BOOST_CHECK_THROW(test::outcomes_of(marketplace), demo::InputError);
}

BOOST_AUTO_TEST_CASE(an_empty_feed_is_not_an_error_but_causes_a_notice) {
    const TemporaryFeed empty("");
    const TemporaryFeed blank("\n\r\n  \n");
    const TemporaryFeed full(sound_bundle);
    Marketplace marketplace({empty.path(), blank.path(), full.path()});
    BOOST_TEST(test::outcomes_of(marketplace).size() == 1U);
    BOOST_TEST(marketplace.empty_feeds() == std::vector({empty.path(), blank.path()}),
               boost::test_tools::per_element());
    Marketplace none(std::vector<std::string>{});
    BOOST_TEST(!none.next().has_value());
}

BOOST_AUTO_TEST_CASE(a_full_temporary_folder_is_an_error_that_says_what_to_do) {
    const char* const before = std::getenv("TMPDIR");
    const std::string restored = before == nullptr ? "" : before;
    const TemporaryFeed feed(sound_bundle);
    setenv("TMPDIR", "/nowhere", 1);
    std::string message;
    try {
        const Marketplace marketplace({feed.path()});
    } catch (const std::system_error& error) {
        message = error.what();
    }
    restored.empty() ? unsetenv("TMPDIR") : setenv("TMPDIR", restored.c_str(), 1);
    BOOST_TEST(contains(message, "set TMPDIR"), message);
}

BOOST_AUTO_TEST_SUITE_END()
