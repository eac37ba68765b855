#include <boost/test/unit_test.hpp>
#include <cli/terminal/progress.hpp>

#include <string>
#include <vector>

using namespace bus::terminal;
using namespace std::chrono_literals;

namespace {

const Look on_terminal{.terminal = true, .width = 60};
const Look in_a_file;
const Progress::Time start{};

struct Output {
    std::vector<std::string> writes;

    Progress::Sink sink() {
        return [this](std::string_view text) { writes.emplace_back(text); };
    }
};

} // namespace

BOOST_AUTO_TEST_CASE(a_progress_line_shows_done_total_rate_share_and_time_left) {
    Output output;
    Progress progress(output.sink(), on_terminal, {.total = 3040}, start);
    progress.update(1520, start + 2s, "12 retries");
    BOOST_REQUIRE(output.writes.size() == 1u);
    BOOST_TEST(output.writes[0] ==
               "\r\x1b[Korders 1,520/3,040  760/s  50 %  2.0 s left  12 retries");
}

BOOST_AUTO_TEST_CASE(without_a_total_there_is_no_share_and_no_time_left) {
    Output output;
    Progress progress(output.sink(), on_terminal, {.what = "lines"}, start);
    progress.update(10, start + 1s);
    BOOST_TEST(output.writes.at(0) == "\r\x1b[Klines 10  10.0/s");
    progress.set_total(20);
    progress.update(15, start + 2s);
    BOOST_TEST(output.writes.at(1) == "\r\x1b[Klines 15/20  7.50/s  75 %  667 ms left");
}

BOOST_AUTO_TEST_CASE(a_progress_line_is_drawn_at_most_ten_times_a_second) {
    Output output;
    Progress progress(output.sink(), on_terminal, {.total = 1000}, start);
    for (int i = 0; i < 1000; ++i)
        progress.update(i, start + i * 1ms);
    BOOST_TEST(output.writes.size() == 10u);
}

BOOST_AUTO_TEST_CASE(the_rate_is_that_of_the_most_recent_time) {
    Output output;
    Progress progress(output.sink(), on_terminal, {}, start);
    // A minute at 10 a second, then a minute at 100.
    for (int i = 1; i <= 600; ++i)
        progress.update(i, start + i * 100ms);
    BOOST_TEST(output.writes.back() == "\r\x1b[Korders 600  10.0/s");
    for (int i = 1; i <= 600; ++i)
        progress.update(600 + 10 * i, start + 60s + i * 100ms);
    BOOST_TEST(output.writes.back() == "\r\x1b[Korders 6,600  100/s");
}

BOOST_AUTO_TEST_CASE(the_line_fits_the_terminal_and_never_shows_a_hundred_too_early) {
    Output output;
    Progress progress(output.sink(), on_terminal, {.total = 3000}, start);
    progress.set_width(24);
    progress.update(2999, start + 1s);
    BOOST_TEST(output.writes.at(0) == "\r\x1b[Korders 2,999/3,000  2,~");
    progress.set_width(60);
    progress.update(2999, start + 2s);
    BOOST_TEST(output.writes.at(1).find("99 %") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_line_is_wiped_at_the_end_and_drawn_again_after_a_wipe) {
    Output output;
    {
        Progress progress(output.sink(), on_terminal, {}, start);
        progress.update(1, start + 1s);
        progress.wipe();
        progress.wipe();
        BOOST_TEST(output.writes.size() == 2u);
        progress.update(2, start + 1s);
        BOOST_TEST(output.writes.size() == 3u);
    }
    BOOST_REQUIRE(output.writes.size() == 4u);
    BOOST_TEST(output.writes[3] == "\r\x1b[K");
}

BOOST_AUTO_TEST_CASE(if_nobody_watches_there_is_silence_or_a_plain_line_now_and_then) {
    Output silent;
    {
        Progress progress(silent.sink(), in_a_file, {.total = 10}, start);
        for (int i = 0; i < 10; ++i)
            progress.update(i, start + i * 1s);
    }
    BOOST_TEST(silent.writes.empty());

    Output lines;
    {
        Progress progress(lines.sink(), in_a_file, {.total = 100, .line_every = 5s}, start);
        for (int i = 0; i <= 12; ++i)
            progress.update(i, start + i * 1s);
    }
    BOOST_REQUIRE(lines.writes.size() == 2u);
    BOOST_TEST(lines.writes[0] == "orders 5/100  1.00/s  5 %  1 min 35 s left\n");
}

BOOST_AUTO_TEST_CASE(odd_figures_do_no_harm) {
    Output output;
    Progress progress(output.sink(), on_terminal, {.total = 0}, start);
    progress.update(0, start);
    progress.update(5, start - 1s);
    progress.update(3, start + 1s, "\x1b[2J\n");
    BOOST_TEST(output.writes.back().find("?[2J?") != std::string::npos);
}
