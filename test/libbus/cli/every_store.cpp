// Each command on stores of all kinds: its message is a sentence, and its exit code is the
// documented one.
#include <bus/event/codec.hpp>

#include "console.hpp"
#include "sample_store.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace {

namespace fs = std::filesystem;

/// The command line of every command that opens a store. `file` is a file to read or write.
std::vector<std::vector<std::string>> commands(const std::string& file) {
    return {{"events", "list"},
            {"events", "list", "--last", "3"},
            {"events", "follow", "--from", "1", "--limit", "3"},
            {"events", "show", "1"},
            {"flow", "run-1"},
            {"agents", "list"},
            {"agents", "forget", "biller"},
            {"dead-letters", "list"},
            {"dead-letters", "show", "biller", "6"},
            {"dead-letters", "redrive", "--all"},
            {"dead-letters", "discard", "--all", "--why", "no"},
            {"replay", "biller", "--why", "no"},
            {"requests"},
            {"prune", "--before", "3"},
            {"compact"},
            {"backup", file},
            {"export"},
            {"import", "-"},
            {"verify"}};
}

bool has(const std::vector<std::string>& words, const char* word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

std::string text_of(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        text += word + ' ';
    }
    return text;
}

/// Interrupts commands that wait for more, but not those that wait for a host.
test::Called on(const std::string& path, std::vector<std::string> words) {
    test::TestConsole console;
    console.follows_clock = has(words, "prune");
    console.on_pause = [&] { console.wants_end = !console.follows_clock; };
    console.input.str(words[0] == "import" ? bus::to_json(test::parcel(50)) + '\n' : "");
    words.insert(words.end(), {"--store", "sqlite:" + path});
    return call(console, words);
}

/// Overwrites all pages except the first one, which says what kind of file it is.
void ruin_pages(const std::string& path) {
    constexpr std::size_t page = 4096;
    std::fstream file{path, std::ios::binary | std::ios::in | std::ios::out};
    const auto size = fs::file_size(path);
    file.seekp(static_cast<std::streamoff>(page));
    const std::string rubbish(size - page, '\x5a');
    file.write(rubbish.data(), static_cast<std::streamsize>(rubbish.size()));
}

/// Seven events, and an agent that has given up on the sixth.
void make_store_of_unknown_types(const std::string& path) {
    const auto store = bus::SqliteStore::open({.path = path});
    std::vector<bus::Part> parts;
    for (std::uint64_t number = 1; number <= 7; ++number) {
        bus::EventRecord record = test::parcel(number);
        record.execution_id = "run-1";
        bus::Part part;
        part.events.push_back({.record = std::move(record), .expected_version = {}, .event = {}});
        parts.push_back(std::move(part));
    }
    bus::Part agent;
    agent.agent = "biller";
    agent.start = 0;
    agent.settled = {{1, 7}};
    agent.delivered = 7;
    agent.finished = 6;
    bus::DeliveryRecord dead;
    dead.position = 6;
    dead.state = bus::DeliveryState::dead;
    dead.failures = 1;
    dead.attempts = {{.kind = bus::FailureKind::rejected, .message = "too heavy"}};
    agent.put_deliveries.push_back(std::move(dead));
    parts.push_back(std::move(agent));
    for (const bus::PartResult& result : store->commit(parts, true)) {
        BOOST_REQUIRE(!result.error);
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(every_store)

BOOST_AUTO_TEST_CASE(an_empty_store_holds_nothing_and_causes_no_trouble) {
    const test::TempFolder folder;
    const std::string path = folder.path() / "empty.db";
    test::make_empty_store(path);
    for (const auto& words : commands(folder.path() / "new")) {
        const test::Called called = on(path, words);
        const bool names_something = has(words, "flow") || has(words, "show") ||
                                     has(words, "forget") || has(words, "redrive") ||
                                     has(words, "discard") || has(words, "replay");
        const bool waits = has(words, "follow");
        BOOST_TEST(called.code == (names_something ? 1
                                   : waits         ? 130
                                                   : 0),
                   text_of(words) << called.err);
        const bool says_something = !called.out.empty() || !called.err.empty();
        BOOST_TEST((says_something || waits || words[0] == "export"), text_of(words));
    }
}

/// The changes of one command are there for the next ones.
BOOST_AUTO_TEST_CASE(every_command_works_on_a_store_whose_event_types_are_unknown) {
    const test::TempFolder folder;
    const std::string made = folder.path() / "made.db";
    make_store_of_unknown_types(made);
    for (const auto& words : commands(folder.path() / "new")) {
        const std::string path = folder.path() / "copy.db";
        fs::copy_file(made, path, fs::copy_options::overwrite_existing);
        const test::Called called = on(path, words);
        BOOST_TEST(called.code == 0, text_of(words) << called.err);
        BOOST_TEST((!called.out.empty() || !called.err.empty()), text_of(words));
        BOOST_TEST(test::call({"verify", "--store", "sqlite:" + path}).code == 0, text_of(words));
    }
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_a_store_is_refused_and_left_as_it_is) {
    const test::TempFolder folder;
    const std::string path = folder.path() / "notes.txt";
    const std::string content(10'000, 'x');
    std::ofstream{path} << content;
    for (const auto& words : commands(folder.path() / "new")) {
        const test::Called called = on(path, words);
        BOOST_TEST(called.code == 3, text_of(words));
        BOOST_TEST(called.err.find(path) != std::string::npos, text_of(words) << called.err);
        BOOST_TEST(called.out == "");
    }
    BOOST_TEST(fs::file_size(path) == content.size());
    BOOST_TEST(!fs::exists(folder.path() / "new"));
}

BOOST_AUTO_TEST_CASE(a_store_with_ruined_pages_is_reported_and_crashes_nothing) {
    const test::SampleStore store;
    ruin_pages(store.path());
    for (const auto& words : commands(store.file("new"))) {
        const test::Called called = on(store.path(), words);
        const bool verify = words[0] == "verify"; // it has found what it looks for
        BOOST_TEST(called.code == (verify ? 1 : 3), text_of(words) << called.out);
        BOOST_TEST((verify ? called.out : called.err).find(store.path()) != std::string::npos,
                   text_of(words) << called.err);
    }
}

BOOST_AUTO_TEST_CASE(a_store_that_was_cut_short_is_reported_and_crashes_nothing) {
    const test::SampleStore store;
    fs::resize_file(store.path(), fs::file_size(store.path()) / 3);
    std::size_t refused = 0;
    for (const auto& words : commands(store.file("new"))) {
        const test::Called called = on(store.path(), words);
        BOOST_TEST((called.code == 0 || called.code == 1 || called.code == 3), text_of(words));
        refused += called.code == 3 ? 1U : 0U;
    }
    BOOST_TEST(refused > 5);
}

BOOST_AUTO_TEST_CASE(only_import_creates_a_missing_store) {
    const test::TempFolder folder;
    const std::string path = folder.path() / "missing.db";
    for (const auto& words : commands(folder.path() / "new")) {
        if (words[0] == "import") {
            continue;
        }
        BOOST_TEST(on(path, words).code == 3, text_of(words));
        BOOST_TEST(!fs::exists(path), text_of(words));
    }
    BOOST_TEST(on(path, {"import", "-"}).code == 0);
    BOOST_TEST(fs::exists(path));
}

BOOST_AUTO_TEST_CASE(beside_a_running_host_all_reading_commands_work_and_the_host_prunes) {
    test::SampleStore store;
    store.run_host();
    for (const auto& words : commands(store.file("new"))) {
        if (has(words, "replay") || has(words, "forget") || has(words, "redrive") ||
            has(words, "discard")) {
            continue; // has tests of its own
        }
        const bool refused = has(words, "import") || has(words, "compact");
        BOOST_TEST(on(store.path(), words).code == (refused ? 3 : 0), text_of(words));
    }
    BOOST_TEST(store.open()->first_position() == 3U); // the host has pruned
    store.end_host();
}

BOOST_AUTO_TEST_CASE(a_missing_or_invalid_store_url_is_wrong_use) {
    const test::TempFolder folder;
    const std::string path = folder.path() / "orders.db";
    test::make_empty_store(path);
    const auto with = [](const std::string& url) {
        return test::call({"agents", "list", "--store", url});
    };
    BOOST_TEST(with(path).code == 2);
    BOOST_TEST(with(path).err.find("write --store sqlite:" + path) != std::string::npos);
    BOOST_TEST(with("memory").code == 2);
    BOOST_TEST(with("postgres:x").err.find("sqlite:PATH") != std::string::npos);
    BOOST_TEST(with("sqlite:").code == 2);
    BOOST_TEST(with("sqlite:" + folder.path().string()).code == 3);
    BOOST_TEST(test::call({"agents", "list"}).err.find("BUS_STORE") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
