#include <bus/event/cause_text.hpp>
#include <bus/event/timestamp.hpp>
#include <bus/event/uuid.hpp>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using bus::cause_text;

/// Pieces of messages: words, marks, and pieces that look like the beginning of a value.
rc::Gen<std::string> any_message_text() {
    static const std::vector<std::string> pieces{
        "order", "deadbeef", "facade", "café", "#", "'",  "\"",  "-",  "+",   ".",
        ",",     ":",        " ",      "T",    "Z", "0x", "12",  "5",  "e-",  "2026-11-29T10:00",
        "_",     "z",        "abc",    "/",    "(", ")",  "f47", "\n", "1.5", "a1",
        "{}"};
    return rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(pieces)),
                        [](const std::vector<std::string>& chosen) {
                            std::string text;
                            for (const std::string& piece : chosen) {
                                text += piece;
                            }
                            return text;
                        });
}

/// A word that is not a value: letters, one of which is not hexadecimal.
rc::Gen<std::string> any_plain_word() {
    return rc::gen::map(
        rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange('a', '{'))),
        [](const std::string& letters) { return letters + 'x'; });
}

std::string around(const std::string& word, const std::string& value) {
    return word + ' ' + value + ": " + word + "='" + value + "' (" + value + ")";
}

rc::Gen<std::string> any_uuid_text() {
    return rc::gen::map(
        rc::gen::container<std::vector<std::uint8_t>>(16, rc::gen::arbitrary<std::uint8_t>()),
        [](const std::vector<std::uint8_t>& bytes) {
            bus::Uuid uuid;
            std::copy(bytes.begin(), bytes.end(), uuid.data.begin());
            return bus::to_text(uuid);
        });
}

rc::Gen<std::string> any_hex_text(std::size_t length) {
    return rc::gen::map(rc::gen::container<std::vector<std::uint8_t>>(
                            length, rc::gen::inRange<std::uint8_t>(0, 16)),
                        [](const std::vector<std::uint8_t>& digits) {
                            std::string text;
                            for (const std::uint8_t digit : digits) {
                                text += "0123456789abcdef"[digit];
                            }
                            return text;
                        });
}

} // namespace

BOOST_AUTO_TEST_SUITE(causes)

BOOST_AUTO_TEST_CASE(R7_numbers_ids_and_times_are_taken_out_and_words_stay) {
    const std::vector<std::pair<std::string_view, std::string_view>> samples{
        {"", ""},
        {"connection refused", "connection refused"},
        {"HTTP status 503", "HTTP status #"},
        {"took 1,250.75 of -3.5e-7", "took # of #"},
        {"waited 250ms, then 2.5ms", "waited #ms, then #ms"},
        {"order 018f4c1e-7a2b-7c3d-9e4f-0123456789ab is unknown", "order # is unknown"},
        {"commit 9fceb02d0ae5 or deadbeef", "commit # or #"},
        {"at 0x7ffd10a2", "at #"},
        {"due at 2026-11-29T10:00:00.000001Z", "due at #"},
        {"due at 2026-11-29 10:00:00+02:00 or later", "due at # or later"},
        {"SKU1234 of ORD-77-12", "SKU# of ORD-#-#"},
        {"req_01ARZ3NDEKTSV4RRFFQ69G5FAV", "req_#"},
        {"no member 'amount'", "no member 'amount'"},
        {"10.0.0.1:5432 is down", "#:# is down"},
        {"utf-8, sha256, x-1", "utf-#, sha#, x-#"},
        {"a facade, a decade", "a facade, a decade"},
        {"5 dead beef", "# dead beef"},
        {"5#deadbeef", "###"},
        {"5ms#deadbeef", "#ms##"},
        {"29T22", "#"},
        {"Größe 3 €", "Größe # €"},
        {"-", "-"},
        {"+", "+"},
        {"0x", "#x"},
        {"1.", "#."},
    };
    for (const auto& [message, cause] : samples) {
        BOOST_TEST(cause_text(message) == cause);
        BOOST_TEST(cause_text(cause) == cause);
    }
}

BOOST_AUTO_TEST_CASE(R7_the_cause_of_a_cause_is_that_cause) {
    BOOST_TEST(rc::check([] {
        const std::string cause = cause_text(*any_message_text());
        RC_ASSERT(cause_text(cause) == cause);
    }));
    BOOST_TEST(rc::check([](const std::string& bytes) {
        const std::string cause = cause_text(bytes);
        RC_ASSERT(cause_text(cause) == cause);
    }));
}

BOOST_AUTO_TEST_CASE(R7_messages_that_differ_only_in_values_have_one_cause) {
    const auto equal = [](const std::string& one, const std::string& other) {
        const std::string word = *any_plain_word();
        RC_ASSERT(cause_text(around(word, one)) == cause_text(around(word, other)));
        RC_ASSERT(cause_text(around(word, one)).find(word) == 0);
    };
    BOOST_TEST(rc::check("whole numbers", [&](std::int64_t a, std::int64_t b) {
        equal(std::to_string(a), std::to_string(b));
    }));
    BOOST_TEST(rc::check("numbers with a fraction", [&](double a, std::int32_t b) {
        equal(std::to_string(a), std::to_string(b));
    }));
    BOOST_TEST(rc::check("UUIDs", [&] { equal(*any_uuid_text(), *any_uuid_text()); }));
    BOOST_TEST(rc::check("hexadecimal ids", [&] {
        equal(*any_hex_text(*rc::gen::inRange<std::size_t>(8, 41)), *any_hex_text(16));
    }));
    BOOST_TEST(rc::check("times", [&](std::uint32_t a, std::uint32_t b) {
        const auto text = [](std::uint32_t micros) {
            return bus::to_text(bus::Timestamp{bus::Duration{std::int64_t{micros} * 300'007}});
        };
        equal(text(a), text(b));
    }));
}

BOOST_AUTO_TEST_CASE(R7_different_words_are_different_causes) {
    BOOST_TEST(rc::check([](std::uint32_t number) {
        const std::string one = *any_plain_word();
        const std::string other = *any_plain_word();
        RC_PRE(one != other);
        const std::string behind = " of " + std::to_string(number);
        RC_ASSERT(cause_text(one + behind) != cause_text(other + behind));
        RC_ASSERT(cause_text('\'' + one + '\'' + behind) !=
                  cause_text('\'' + other + '\'' + behind));
    }));
}

BOOST_AUTO_TEST_SUITE_END()
