#include <boost/test/unit_test.hpp>
#include <cli/terminal/table.hpp>

#include <stdexcept>

using namespace bus::terminal;

namespace {

Table sample() {
    Table table({{"outcome"}, {"orders", Align::right}});
    table.row({"synced", "2,904"}).row({"failed", "79"}).rule().row({"all", "2,983"});
    return table;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_table_in_a_file_is_plain_ascii) {
    BOOST_TEST(sample().render({}) == "outcome  orders\n"
                                      "---------------\n"
                                      "synced    2,904\n"
                                      "failed       79\n"
                                      "---------------\n"
                                      "all       2,983\n");
}

BOOST_AUTO_TEST_CASE(a_table_on_a_terminal_draws_its_rules_and_paints_rows) {
    Table table({{"a"}});
    table.row({"x"}, Colour::red);
    const Look look{.terminal = true, .colours = true, .utf8 = true, .width = 80};
    BOOST_TEST(table.render(look) == "\x1b[1ma\x1b[0m\n\xE2\x94\x80\n\x1b[31mx\x1b[0m\n");
}

BOOST_AUTO_TEST_CASE(widths_count_characters_not_bytes) {
    Table table({{"name"}, {"n", Align::right}});
    table.row({"Z\xC3\xBCrich", "1"}).row({"\xE6\x9D\xB1\xE4\xBA\xAC", "22"});
    BOOST_TEST(table.render({}) == "name     n\n"
                                   "----------\n"
                                   "Z\xC3\xBCrich   1\n"
                                   "\xE6\x9D\xB1\xE4\xBA\xAC    22\n");
}

BOOST_AUTO_TEST_CASE(the_widest_texts_give_way_to_the_terminals_width_and_numbers_never) {
    Table table({{"message"}, {"id"}, {"amount", Align::right}});
    table.row({"the amount is no decimal", "short", "1234567890.12"});
    const Look look{.terminal = true, .utf8 = false, .width = 34};
    BOOST_TEST(table.render(look) == "message       id            amount\n"
                                     "----------------------------------\n"
                                     "the amount ~  short  1234567890.12\n");
    const Look narrow{.terminal = true, .width = 5};
    BOOST_TEST(table.render(narrow).find("1234567890.12") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(missing_cells_stay_empty_and_too_many_are_an_error) {
    Table table({{"a"}, {"b"}});
    table.row({"1"});
    BOOST_TEST(table.render({}) == "a  b\n----\n1\n");
    BOOST_CHECK_THROW(table.row({"1", "2", "3"}), std::invalid_argument);
    BOOST_CHECK_THROW(Table({}), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(cells_from_outside_cannot_drive_the_terminal) {
    Table table({{"a"}});
    table.row({"x\x1b[2J\ny"});
    BOOST_TEST(table.render({}) == "a\n-------\nx?[2J?y\n");
}
