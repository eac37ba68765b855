#include "test/support/needs.hpp"
#include <agents/notification/log_channel.hpp>
#include <bus/event/codec.hpp>
#include <bus/event/failure.hpp>

#include <boost/test/unit_test.hpp>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace fs = std::filesystem;
using bus::agents::LogChannel;
using bus::agents::Message;

namespace {

struct Folder {
    fs::path path = fs::path{"log_channel_test"} /
                    boost::unit_test::framework::current_test_case().p_name.get();

    Folder() {
        fs::remove_all(path);
        fs::create_directories(path);
    }

    ~Folder() { fs::remove_all(path); }
};

/// While in scope, no file of this process grows beyond this many bytes, as on a full disk.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t bytes) : on_excess_{::signal(SIGXFSZ, SIG_IGN)} {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{bytes, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }

    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;

    ~FileSizeLimit() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        ::signal(SIGXFSZ, on_excess_);
    }

private:
    rlimit before_{};
    void (*on_excess_)(int);
};

std::string content(const fs::path& path) {
    std::ostringstream all;
    all << std::ifstream{path}.rdbuf();
    return all.str();
}

Message message(std::string text) {
    return {.time = bus::parse_timestamp("2026-01-02T03:04:05.6Z"),
            .notification_type = "order_synced",
            .channel = "log",
            .text = std::move(text),
            .idempotency_key = "key-1",
            .event_id = bus::parse_uuid("01941f29-7c00-7000-8000-000000000001"),
            .event_type = "OrderSyncedEvent",
            .execution_id = "x-1",
            .aggregate_type = "Order",
            .aggregate_id = "O-1"};
}

auto says(std::string_view part) {
    return [part](const std::exception& error) {
        BOOST_TEST_MESSAGE(error.what());
        return std::string_view{error.what()}.find(part) != std::string_view::npos;
    };
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(log_channel, Folder)

BOOST_AUTO_TEST_CASE(a_message_is_one_line_of_json_with_the_documented_members) {
    LogChannel channel{"log", path / "sent.ndjson"};
    channel.send(message("two\nlines \"quoted\""));
    BOOST_TEST(
        content(path / "sent.ndjson") ==
        "{\"time\":\"2026-01-02T03:04:05.600000Z\",\"notification_type\":\"order_synced\","
        "\"idempotency_key\":\"key-1\",\"event_id\":\"01941f29-7c00-7000-8000-000000000001\","
        "\"execution_id\":\"x-1\",\"aggregate_id\":\"O-1\","
        "\"text\":\"two\\nlines \\\"quoted\\\"\"}\n");
}

BOOST_AUTO_TEST_CASE(lines_are_appended_to_what_is_there) {
    std::ofstream{path / "sent.ndjson"} << "old\n";
    LogChannel{"log", path / "sent.ndjson"}.send(message("a"));
    LogChannel channel{"log", path / "sent.ndjson"};
    channel.send(message("b"));
    const std::string all = content(path / "sent.ndjson");
    BOOST_TEST(all.starts_with("old\n{"));
    BOOST_TEST(std::count(all.begin(), all.end(), '\n') == 3);
}

BOOST_AUTO_TEST_CASE(a_file_that_was_rotated_is_created_again) {
    LogChannel channel{"log", path / "sent.ndjson"};
    channel.send(message("a"));
    fs::rename(path / "sent.ndjson", path / "sent.1");
    channel.send(message("b"));
    BOOST_TEST(content(path / "sent.1").find("\"a\"") != std::string::npos);
    BOOST_TEST(content(path / "sent.ndjson").find("\"b\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(
    a_path_that_cannot_be_written_is_refused_at_once_with_its_name_and_the_reason) {
    BOOST_CHECK_EXCEPTION(LogChannel("log", path / "none" / "sent.ndjson"), std::runtime_error,
                          says((path / "none" / "sent.ndjson").string() +
                               ": it cannot be opened for appending: No such file or directory"));
    BOOST_CHECK_EXCEPTION(LogChannel("log", path), std::runtime_error, says("Is a directory"));
}

BOOST_AUTO_TEST_CASE(a_folder_that_goes_away_later_is_a_transient_failure) {
    LogChannel channel{"log", path / "sent.ndjson"};
    fs::remove_all(path);
    BOOST_CHECK_EXCEPTION(channel.send(message("a")), bus::Failure,
                          [](const bus::Failure& failure) {
                              return failure.kind() == bus::FailureKind::transient &&
                                     says("No such file or directory")(failure);
                          });
    fs::create_directories(path);
    channel.send(message("a"));
    BOOST_TEST(content(path / "sent.ndjson").find("\"a\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_a_transient_failure_that_says_so,
                     *test::needs("/dev/full", [] { return fs::exists("/dev/full"); })) {
    LogChannel channel{"log", "/dev/full"};
    BOOST_CHECK_EXCEPTION(
        channel.send(message("a")), bus::Failure, [](const bus::Failure& failure) {
            return failure.kind() == bus::FailureKind::transient &&
                   says("/dev/full: the line was not written: No space left on device")(failure);
        });
}

BOOST_AUTO_TEST_CASE(a_line_that_was_cut_short_harms_no_other) {
    const fs::path file = path / "sent.ndjson";
    LogChannel channel{"log", file};
    {
        const FileSizeLimit limit{10};
        BOOST_CHECK_EXCEPTION(channel.send(message("a")), bus::Failure, says("only 10 of"));
    }
    channel.send(message("b"));
    channel.send(message("c"));
    std::istringstream lines{content(file)};
    std::vector<std::string> all;
    for (std::string line; std::getline(lines, line);) {
        all.push_back(line);
    }
    BOOST_REQUIRE(all.size() == 3U);
    BOOST_TEST(all[0] == "{\"time\":\"2");
    BOOST_TEST(all[1].ends_with("\"text\":\"b\"}"));
    BOOST_TEST(all[2].ends_with("\"text\":\"c\"}"));
}

BOOST_AUTO_TEST_CASE(text_that_is_not_utf8_is_refused_and_leaves_no_line) {
    LogChannel channel{"log", path / "sent.ndjson"};
    BOOST_CHECK_THROW(channel.send(message("\xff")), bus::CodecError);
    BOOST_TEST(content(path / "sent.ndjson").empty());
}

BOOST_AUTO_TEST_SUITE_END()
