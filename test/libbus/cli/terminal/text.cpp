#include <boost/test/unit_test.hpp>
#include <cli/terminal/text.hpp>
#include <rapidcheck.h>

using namespace bus::terminal;

BOOST_AUTO_TEST_CASE(the_width_of_a_text_counts_columns) {
    BOOST_TEST(display_width("") == 0);
    BOOST_TEST(display_width("abc") == 3);
    BOOST_TEST(display_width("\xC3\xA4\xE2\x82\xAC") == 2);     // a umlaut, euro
    BOOST_TEST(display_width("e\xCC\x81") == 1);                // e, combining acute
    BOOST_TEST(display_width("\xE6\x9D\xB1\xE4\xBA\xAC") == 4); // Tokyo
    BOOST_TEST(display_width("\xF0\x9F\x98\x80") == 2);         // a face
    BOOST_TEST(display_width("\xff\xC3") == 2);                 // no UTF-8
    BOOST_TEST(display_width("\xE2\x94\x82") == 1);             // box drawing
}

BOOST_AUTO_TEST_CASE(control_characters_and_bytes_that_are_not_utf8_become_question_marks) {
    BOOST_TEST(printable("a\tb\x1b[0m\x7f") == "a?b?[0m?");
    BOOST_TEST(printable("\xC2\x9B"
                         "2J") == "?2J"); // the C1 form of the escape sequence
    BOOST_TEST(printable("\xff\xC3") == "??");
    BOOST_TEST(printable("\xC0\xAF") == "??");      // overlong
    BOOST_TEST(printable("\xED\xA0\x80") == "???"); // a surrogate
    // It turns the line around. It is in two pieces, because the compiler warns of it.
    BOOST_TEST(printable(std::string("\xE2\x80") + "\xAE" + "abc") == "?abc");
    BOOST_TEST(printable("Z\xC3\xBCrich") == "Z\xC3\xBCrich");
}

BOOST_AUTO_TEST_CASE(a_text_is_cut_between_characters_with_an_ellipsis) {
    BOOST_TEST(shortened("abcdef", 6, true) == "abcdef");
    BOOST_TEST(shortened("abcdef", 4, true) == "abc\xE2\x80\xA6");
    BOOST_TEST(shortened("abcdef", 4, false) == "abc~");
    BOOST_TEST(shortened("\xC3\xA4\xC3\xB6\xC3\xBC", 2, false) == "\xC3\xA4~");
    BOOST_TEST(shortened("\xE6\x9D\xB1\xE4\xBA\xAC", 2, false) == "~");
    BOOST_TEST(shortened("abc", 0, false) == "");
}

BOOST_AUTO_TEST_CASE(any_text_made_printable_and_shortened_fits) {
    const bool held = rc::check("fits", [](const std::string& text) {
        const int width = *rc::gen::inRange(0, 20);
        const auto shown = shortened(printable(text), width, *rc::gen::arbitrary<bool>());
        RC_ASSERT(display_width(shown) <= width);
        RC_ASSERT(printable(shown) == shown);
    });
    BOOST_TEST(held);
}
