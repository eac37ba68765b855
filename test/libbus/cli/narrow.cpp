// Output on a terminal fits it, however narrow it is.
#include "console.hpp"
#include "sample_store.hpp"

#include <boost/test/unit_test.hpp>
#include <cli/terminal/text.hpp>

#include <sstream>

namespace {

using bus::terminal::display_width;
using test::holds;

const std::vector<int> widths{40, 60, 80, 108, 160};

/// Every command that prints a table.
const std::vector<std::vector<std::string>> tables{{"agents"},
                                                   {"dead-letters", "list"},
                                                   {"dead-letters", "list", "--each"},
                                                   {"events", "list"},
                                                   {"requests"}};

std::string on_terminal(int width, const test::SampleStore& store, std::vector<std::string> words) {
    test::TestConsole console;
    console.look = {.terminal = true, .utf8 = true, .width = width};
    words.insert(words.end(), {"--store", store.url()});
    const test::Called called = call(console, words);
    BOOST_TEST(called.code == 0, called.err);
    return called.out;
}

int widest_line(const std::string& text) {
    int widest = 0;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
        widest = std::max(widest, display_width(line));
    }
    return widest;
}

/// A store with requests, where the greeter is in the middle of a replay.
struct InReplay : test::SampleStore {
    InReplay() {
        test::call({"replay", "greeter", "--from", "5", "--why", "its table has a new column",
                    "--who", "ann", "--store", url()});
        test::call({"agents", "forget", "nobody", "--store", url()});
        const auto store = bus::SqliteStore::open({.path = path()});
        bus::Part part;
        part.agent = "greeter";
        part.settled = {{5, 15}};
        BOOST_REQUIRE(!store->commit({&part, 1}, true).front().error);
        store->ask({.at = bus::Timestamp{std::chrono::seconds{1'700'000'000}},
                    .who = "somebody with a long name",
                    .why = "because of a reason that takes many words to tell",
                    .action = bus::DeliveryAction::redrive,
                    .agent = "biller",
                    .error = "no account for name-0"});
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(narrow, InReplay)

BOOST_AUTO_TEST_CASE(every_line_of_every_table_fits_the_terminal_even_during_a_replay) {
    for (const int width : widths) {
        for (const auto& words : tables) {
            const std::string out = on_terminal(width, *this, words);
            BOOST_TEST(widest_line(out) <= width, words.back()
                                                      << " is " << widest_line(out)
                                                      << " wide on a terminal of " << width << ":\n"
                                                      << out);
            BOOST_TEST(!out.empty());
        }
    }
}

BOOST_AUTO_TEST_CASE(names_and_the_progress_of_a_replay_are_never_cut) {
    for (const int width : widths) {
        for (const auto& words : tables) {
            const std::string out = on_terminal(width, *this, words);
            if (words[0] == "agents") {
                BOOST_TEST(holds(out, "greeter"), out);
                BOOST_TEST(holds(out, "15 of 26, 50 %\n"), out);
            }
            if (words[0] == "agents" || words[0] == "dead-letters") {
                BOOST_TEST(holds(out, "biller"), out);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(columns_of_zeros_give_way_first_and_then_each_row_becomes_a_block) {
    const std::string agents = on_terminal(80, *this, {"agents"});
    BOOST_TEST(agents.starts_with(
                   "agent    checkpoint  lag  finished  deferred  parked  dead  replay\n"
                   "──────────────────────────────────────────────────────────────────────────\n"
                   "biller           26    0         4         1       5     2\n"
                   "greeter          15   11         0         0       0     0  15 of 26, 50 %\n"),
               agents);
    BOOST_TEST(holds(agents, "biller  PongEvent               1         1       5     2\n"),
               agents);
    BOOST_TEST(holds(on_terminal(40, *this, {"agents"}), "agent       greeter\n"
                                                         "checkpoint  15\n"));
    BOOST_TEST(holds(on_terminal(40, *this, {"dead-letters", "list"}),
                     "newest (UTC)  2023-11-14 22:13\n"
                     "error         no account for name-0\n"));
}

BOOST_AUTO_TEST_CASE(a_list_of_letters_is_a_table_at_eighty_columns_and_cuts_only_the_error) {
    const std::string out = on_terminal(80, *this, {"dead-letters", "list", "--each"});
    BOOST_TEST(holds(out, "agent   pos"), out);
    BOOST_TEST(holds(out, "Pong/name-0  rejected  no account"), out);
}

BOOST_AUTO_TEST_SUITE_END()
