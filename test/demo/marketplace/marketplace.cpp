#include "demo/marketplace/marketplace.hpp"

#include "bundle_builder.hpp"
#include "outcomes.hpp"
#include "temporary_feed.hpp"

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

using demo::FeedLine;
using demo::Marketplace;
using demo::Occurrence;
using test::replaced;
using test::sound_bundle;
using test::TemporaryFeed;

namespace {

std::string order(int number) {
    return replaced(sound_bundle, "123-", std::to_string(number) + "-");
}

std::string id(int number) {
    return std::to_string(number) + "-4567890-1234567";
}

std::vector<FeedLine> all_of(Marketplace& marketplace) {
    std::vector<FeedLine> lines;
    while (auto line = marketplace.next())
        lines.push_back(*line);
    return lines;
}

/// Replaces standard input with a file while it lives.
class StandardInput {
public:
    explicit StandardInput(const std::string& path) : before_(::dup(STDIN_FILENO)) {
        const int file = ::open(path.c_str(), O_RDONLY);
        BOOST_REQUIRE(file >= 0);
        ::dup2(file, STDIN_FILENO);
        ::close(file);
    }

    ~StandardInput() {
        ::dup2(before_, STDIN_FILENO);
        ::close(before_);
    }

    StandardInput(const StandardInput&) = delete;
    StandardInput& operator=(const StandardInput&) = delete;

private:
    int before_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(marketplace)

BOOST_AUTO_TEST_CASE(lines_come_with_feed_number_and_key) {
    const TemporaryFeed feed(order(1) + "\n{}\n" + order(2) + "\n");
    Marketplace marketplace({feed.path()});
    const auto lines = all_of(marketplace);
    BOOST_REQUIRE(lines.size() == 3U);
    BOOST_TEST(lines[0].feed == feed.path());
    BOOST_TEST(lines[0].line_number == 1U);
    BOOST_TEST(lines[0].key == id(1));
    BOOST_TEST(lines[1].key == "line:2");
    BOOST_TEST(lines[2].line_number == 3U);
    BOOST_TEST(!marketplace.next().has_value());
}

BOOST_AUTO_TEST_CASE(crlf_blank_lines_a_byte_order_mark_and_a_missing_line_end_are_tolerated) {
    const TemporaryFeed feed("\xEF\xBB\xBF" + order(1) + "\r\n\r\n  \t\n\n" + order(2));
    Marketplace marketplace({feed.path()});
    const auto lines = all_of(marketplace);
    BOOST_REQUIRE(lines.size() == 2U);
    BOOST_TEST(lines[0].key == id(1));
    BOOST_TEST(lines[1].key == id(2));
    BOOST_TEST(lines[1].line_number == 5U);
    BOOST_TEST(!marketplace.bundle(id(1))->ingest_problem.has_value());
}

BOOST_AUTO_TEST_CASE(an_order_that_occurs_twice_counts_once_and_the_first_time) {
    const TemporaryFeed feed(order(1) + "\n" + order(1) + "\n" +
                             replaced(order(1), "Shipped", "Pending") + "\n");
    Marketplace marketplace({feed.path()});
    const auto lines = all_of(marketplace);
    BOOST_REQUIRE(lines.size() == 3U);
    BOOST_TEST((lines[0].occurrence == Occurrence::first));
    BOOST_TEST((lines[1].occurrence == Occurrence::repeated));
    BOOST_TEST((lines[2].occurrence == Occurrence::repeated_otherwise));
    BOOST_TEST(marketplace.bundle(id(1))->status == "Shipped");
}

BOOST_AUTO_TEST_CASE(several_feeds_are_read_one_after_the_other_with_distinct_keys) {
    const TemporaryFeed first(order(1) + "\n[\n");
    const TemporaryFeed second(order(2) + "\n[]\n" + order(1) + "\n");
    Marketplace marketplace({first.path(), second.path()});
    const auto lines = all_of(marketplace);
    BOOST_REQUIRE(lines.size() == 5U);
    BOOST_TEST(lines[1].key == "line:2");
    BOOST_TEST(lines[2].line_number == 1U);
    BOOST_TEST(lines[3].key == "line:2@2");
    BOOST_TEST((lines[4].occurrence == Occurrence::repeated));
    BOOST_TEST(marketplace.bundle("line:2")->ingest_problem->error_type() == "invalid_json");
    BOOST_TEST(marketplace.bundle("line:2@2")->ingest_problem->error_type() == "not_an_object");
    BOOST_TEST(marketplace.bytes_read() == marketplace.bytes_total().value());
}

BOOST_AUTO_TEST_CASE(standard_input_is_a_feed_too) {
    const TemporaryFeed content(order(1) + "\n" + order(2) + "\n");
    const StandardInput input(content.path());
    Marketplace marketplace({"-"});
    const auto lines = all_of(marketplace);
    BOOST_REQUIRE(lines.size() == 2U);
    BOOST_TEST(lines[1].feed == "standard input");
    BOOST_TEST(marketplace.bundle(id(1))->order_id == id(1));
}

BOOST_AUTO_TEST_CASE(a_pipe_has_no_size) {
    int ends[2] = {};
    BOOST_REQUIRE(::pipe(ends) == 0);
    const std::string text = order(1) + "\n";
    BOOST_REQUIRE(::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    ::close(ends[1]);
    Marketplace marketplace({"/dev/fd/" + std::to_string(ends[0])});
    BOOST_TEST(!marketplace.bytes_total().has_value());
    BOOST_TEST(all_of(marketplace).size() == 1U);
    BOOST_TEST(marketplace.bytes_read() == text.size());
    ::close(ends[0]);
}

BOOST_AUTO_TEST_CASE(a_key_that_was_not_read_has_no_bundle) {
    const TemporaryFeed feed(order(1) + "\n" + order(2) + "\n");
    Marketplace marketplace({feed.path()});
    BOOST_TEST((marketplace.bundle(id(1)) == nullptr));
    marketplace.next();
    BOOST_TEST((marketplace.bundle(id(1)) != nullptr));
    BOOST_TEST((marketplace.bundle(id(2)) == nullptr));
}

BOOST_AUTO_TEST_CASE(a_bundle_that_left_the_cache_is_read_again_from_the_temporary_file) {
    std::string content;
    for (int i = 100; i < 200; ++i)
        content += order(i) + "\n{broken\n";
    const TemporaryFeed feed(content);
    Marketplace marketplace({feed.path()}, {.cached = 10'000});
    BOOST_TEST(all_of(marketplace).size() == 200U);
    std::filesystem::remove(feed.path());
    const auto held = marketplace.bundle(id(100));
    for (int i = 100; i < 200; ++i) {
        BOOST_TEST(marketplace.bundle(id(i))->order_id == id(i));
        BOOST_TEST(marketplace.bundle("line:" + std::to_string((i - 100) * 2 + 2))->is_rejected());
    }
    BOOST_TEST(held->order_id == id(100));
}

BOOST_AUTO_TEST_CASE(bundles_are_asked_for_by_many_threads_while_one_reads_on) {
    std::string content;
    for (int i = 100; i < 400; ++i)
        content += order(i) + "\n";
    const TemporaryFeed feed(content);
    Marketplace marketplace({feed.path()}, {.cached = 50'000});
    std::atomic<bool> done = false;
    std::atomic<int> wrong = 0;
    {
        std::vector<std::jthread> readers;
        for (int thread = 0; thread < 3; ++thread)
            readers.emplace_back([&, thread] {
                for (int i = 0; !done || i % 300 != 0; ++i) {
                    const int number = 100 + (i * 7 + thread) % 300;
                    const auto bundle = marketplace.bundle(id(number));
                    if (bundle && bundle->order_id != id(number))
                        ++wrong;
                }
            });
        all_of(marketplace);
        done = true;
    }
    BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_CASE(lines_of_any_length_are_read_whole) {
    for (const std::size_t size : {0U, 1U, 200'000U, 262'144U, 262'145U, 1'000'000U}) {
        const TemporaryFeed feed(
            order(1) + "\n" + replaced(order(2), "\"Mug\"", "\"" + std::string(size, 'm') + "\"") +
            "\r\n" + order(3) + "\n");
        Marketplace marketplace({feed.path()});
        BOOST_TEST(all_of(marketplace).size() == 3U);
        BOOST_TEST(marketplace.bundle(id(2))->items.at(0).title.size() == size);
    }
}

BOOST_AUTO_TEST_CASE(the_limit_of_a_line_is_exact) {
    const std::string line = order(1);
    for (const std::string end : {"", "\n", "\r\n"}) {
        const TemporaryFeed feed(line + end);
        Marketplace fits({feed.path()}, {.max_line = line.size()});
        BOOST_TEST(all_of(fits).at(0).key == id(1));
        Marketplace too_long({feed.path()}, {.max_line = line.size() - 1});
        BOOST_TEST(all_of(too_long).at(0).key == "line:1");
        BOOST_TEST(too_long.bundle("line:1")->ingest_problem->error_type() == "line_too_long");
    }
}

BOOST_AUTO_TEST_SUITE_END()
