#include <boost/test/unit_test.hpp>
#include <cli/terminal/tree.hpp>

using namespace bus::terminal;

namespace {

const Tree sample_tree{"created",
                       {{"extracted", {{"validated", {}}, {"noted", {}}}}, {"sent", {{"x", {}}}}}};

} // namespace

BOOST_AUTO_TEST_CASE(a_tree_in_a_file_is_drawn_in_ascii) {
    BOOST_TEST(render(sample_tree, {}) == "created\n"
                                          "|- extracted\n"
                                          "|  |- validated\n"
                                          "|  `- noted\n"
                                          "`- sent\n"
                                          "   `- x\n");
}

BOOST_AUTO_TEST_CASE(a_tree_on_a_terminal_with_utf8_is_drawn_with_lines) {
    BOOST_TEST(render(sample_tree, {.terminal = true, .utf8 = true}) == "created\n"
                                                                        "├─ extracted\n"
                                                                        "│  ├─ validated\n"
                                                                        "│  └─ noted\n"
                                                                        "└─ sent\n"
                                                                        "   └─ x\n");
}

BOOST_AUTO_TEST_CASE(texts_are_shortened_to_the_width_and_made_printable) {
    const Tree tree{"root\n", {{"a rather long text", {}}}};
    BOOST_TEST(render(tree, {.terminal = true, .width = 14}) == "root?\n`- a rather l~\n");
    BOOST_TEST(render(tree, {.terminal = true, .width = 3}) == "root?\n`- a rathe~\n");
}

BOOST_AUTO_TEST_CASE(pieces_keep_their_colours_and_are_cut_together) {
    const Tree tree{"", {}, {{"+1 ms ", Colour::grey}, {"OrderFailedEvent", Colour::red}}};
    const std::string grey = "\x1b[90m+1 ms \x1b[0m";
    BOOST_TEST(render(tree, {.terminal = true, .colours = true, .utf8 = true}) ==
               grey + "\x1b[31mOrderFailedEvent\x1b[0m\n");
    BOOST_TEST(render(tree, {.terminal = true, .colours = true, .utf8 = true, .width = 12}) ==
               grey + "\x1b[31mOrder…\x1b[0m\n");
    BOOST_TEST(render(tree, {.terminal = true, .utf8 = true, .width = 12}) == "+1 ms Order…\n");
}
