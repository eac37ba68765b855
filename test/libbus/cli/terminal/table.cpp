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

BOOST_AUTO_TEST_CASE(columns_of_zeros_are_left_out_beginning_with_the_last_and_only_as_needed) {
    Table table({{"agent"}, {"lag", Align::right}, {"dead", Align::right}, {"lost", Align::right}});
    table.row({"a", "0", "1", "0"}).row({"b", "0", "2", "0"});
    BOOST_TEST(table.render({.width = 21}) == "agent  lag  dead\n"
                                              "----------------\n"
                                              "a        0     1\n"
                                              "b        0     2\n");
    BOOST_TEST(table.render({.width = 12}) == "agent  dead\n"
                                              "-----------\n"
                                              "a         1\n"
                                              "b         2\n");
    BOOST_TEST(table.render({.width = 22}).find("lost") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(headings_become_short_before_a_text_is_cut) {
    Table table({{"message"}, {"quarantined", Align::right, "quar."}});
    table.row({"a message that is long", "1"});
    BOOST_TEST(table.render({.width = 30}) == "message                 quar.\n"
                                              "-----------------------------\n"
                                              "a message that is long      1\n");
}

BOOST_AUTO_TEST_CASE(each_row_of_a_table_that_is_still_too_wide_becomes_a_block_of_lines) {
    Table table({{.title = "name", .whole = true},
                 {"count", Align::right, "n"},
                 {"none", Align::right},
                 {"note"}});
    table.row({"somebody", "1234567", "0", "a note of many words"}).row({"b", "2", "0", ""});
    table.rule().row({"all", "1234569"});
    BOOST_TEST(table.render({.width = 20}) == "name   somebody\n"
                                              "count  1234567\n"
                                              "note   a note of ma~\n"
                                              "\n"
                                              "name   b\n"
                                              "count  2\n"
                                              "--------------------\n"
                                              "name   all\n"
                                              "count  1234569\n");
    // With room for twelve columns of the note it is still a table, and the name is never cut.
    BOOST_TEST(table.render({.width = 31}).find("somebody  1234567  a note of m~\n") !=
               std::string::npos);
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
