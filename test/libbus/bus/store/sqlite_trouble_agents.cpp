// Trouble with the rows of agents: the caches of the writer, requests, pruning and backups.
#include "troubles.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <limits>

using namespace test;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t all = std::numeric_limits<std::size_t>::max();
constexpr std::chrono::milliseconds soon{30};

/// A step of "worker" in a chain that settles one position.
bus::Part step(bus::Position position, std::uint64_t chain) {
    bus::Part part = agent_part("worker");
    part.chain = chain;
    part.settled = {{position, position}};
    part.delivered = 1;
    part.finished = 1;
    part.events = {event(100 + position, "S" + std::to_string(position))};
    part.events[0].record.event_type = "Step" + std::to_string(position) + "Event";
    part.put_timers = {{.number = position, .agent = "worker", .due = {}, .event = {}}};
    part.begun = bus::BegunNote{{position, position + 1}, {}, 0};
    return part;
}

/// While it lives, commits fail: the disk refuses writes, or another program has the file locked.
class Fault {
public:
    Fault(const fs::path& db, bool locked) {
        if (locked) {
            shell_.emplace(db);
            BOOST_REQUIRE(shell_->run("BEGIN IMMEDIATE"));
        } else {
            limit_.emplace(1);
        }
    }

private:
    std::optional<Shell> shell_;
    std::optional<FileSizeLimit> limit_;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(agents_of_a_sqlite_store_in_trouble, File)

BOOST_AUTO_TEST_CASE(S8_after_a_failed_commit_everything_is_as_the_commit_before_it_left_it) {
    for (const bool locked : {false, true}) {
        fs::remove(db);
        auto store = bus::SqliteStore::open({.path = db, .busy_timeout = soon});
        commit(*store, agent_part("worker", 0));
        commit(*store, step(1, 1));
        commit(*store, step(3, 1));
        const auto before = store->agent("worker");
        {
            const Fault fault{db, locked};
            const std::vector parts{step(2, 1), agent_part("new", 0), step(4, 2), step(9, 3)};
            BOOST_CHECK_THROW(store->commit(parts, true), bus::StoreError);
        }
        BOOST_TEST((store->agent("worker") == before));
        BOOST_TEST(store->agents().size() == 1U);
        // All its chains are broken; the next one continues from the state of the store.
        for (const std::uint64_t chain : {1U, 2U, 3U}) {
            BOOST_TEST(message_of<bus::BrokenChain>(commit(*store, step(2, chain)).error) != "");
        }
        bus::Part unregistered = agent_part("new");
        unregistered.finished = 1;
        BOOST_TEST(message_of<std::invalid_argument>(commit(*store, unregistered).error) != "");
        BOOST_TEST(store->last_timer() == 3U);
        const bus::PartResult result = commit(*store, step(2, 4), true);
        BOOST_TEST(!result.error);
        BOOST_TEST(result.places.at(0).position == 3U);
        store.reset();
        store = bus::SqliteStore::open({.path = db});
        const bus::AgentRecord expected{
            .name = "worker", .checkpoint = 3, .delivered = 3, .finished = 3};
        BOOST_TEST((store->agent("worker") == expected));
        BOOST_TEST((store->begun("worker") == bus::BegunNote{{2, 3}, {}, 0}));
        const auto found = store->find(id(102));
        BOOST_TEST_REQUIRE(found.has_value());
        BOOST_TEST(found->record.event_type == "Step2Event");
    }
}

BOOST_AUTO_TEST_CASE(S8_a_store_at_its_size_limit_keeps_what_agents_had) {
    const auto store = bus::SqliteStore::open({.path = db, .max_file_bytes = 600'000});
    commit(*store, agent_part("worker", 0));
    bus::Position taken = 0;
    std::string error;
    while (error.empty() && taken < 1'000) {
        bus::Part next = step(taken + 1, taken + 1);
        next.put_states = {{"key " + std::to_string(taken), std::string(5'000, 'x')}};
        next.put_deliveries = {{.position = taken + 1,
                                .state = bus::DeliveryState::dead,
                                .attempts = {{{}, {}, std::string(5'000, 'x')}}}};
        next.finished = 0;
        error = store_error([&] { commit(*store, next, true); });
        taken += error.empty() ? 1U : 0U;
    }
    BOOST_TEST(contains(error, "full"), error);
    BOOST_TEST(taken > 10U);
    BOOST_TEST(store->agent("worker")->checkpoint == taken);
    BOOST_TEST(store->delivery_briefs("worker").size() == taken);
    BOOST_TEST(store->states("worker", "").size() == taken);
    BOOST_TEST(store->last_timer() == taken);
    BOOST_TEST(store->conservation().at(0).holds());
    // The removal makes room, and work continues.
    bus::Part discard;
    for (bus::Position position = 1; position <= 5; ++position) {
        discard.commands.push_back({bus::DeliveryAction::discard, "worker", position, "ann", ""});
    }
    BOOST_TEST(!commit(*store, discard, true).error);
    BOOST_TEST(!commit(*store, step(taken + 1, taken + 2), true).error);
    BOOST_TEST(store->agent("worker")->checkpoint == taken + 1);
    BOOST_TEST(store->conservation().at(0).holds());
}

BOOST_AUTO_TEST_CASE(S8_a_locked_database_refuses_requests_and_pruning_which_work_afterwards) {
    const auto store = bus::SqliteStore::open({.path = db, .busy_timeout = soon});
    append(*store, event(1));
    commit(*store, agent_part("worker", 1));
    {
        Shell shell{db};
        BOOST_REQUIRE(shell.run("BEGIN IMMEDIATE"));
        for (const std::string& error :
             {store_error([&] { store->ask({}); }), store_error([&] { store->prune(1, 1); }),
              store_error([&] { store->forget("worker"); })}) {
            BOOST_TEST(contains(error, "another program holds the file locked"), error);
        }
    }
    BOOST_TEST(store->ask({}) == 1U);
    BOOST_TEST(store->prune(1, 1) == 1U);
    BOOST_TEST(store->forget("worker"));
}

BOOST_AUTO_TEST_CASE(S8_a_request_that_cannot_be_written_is_an_error_and_the_next_one_works) {
    const auto store = bus::SqliteStore::open({.path = db, .max_value_bytes = 1'000});
    {
        const FileSizeLimit limit{1};
        BOOST_TEST(store_error([&] { store->ask({}); }) != "");
    }
    bus::RequestRecord long_one;
    long_one.why = std::string(1'001, 'x');
    BOOST_TEST(contains(store_error([&] { store->ask(long_one); }), "1001 bytes"));
    BOOST_TEST(store->ask({}) == 1U);
    BOOST_TEST(store->requests(0, all, true).size() == 1U);
}

BOOST_AUTO_TEST_CASE(S8_rows_that_make_no_sense_are_reported_as_damage) {
    {
        const auto store = bus::SqliteStore::open({.path = db});
        bus::Part puts = agent_part("worker", 0);
        puts.begun = bus::BegunNote{};
        puts.put_deliveries = {{.position = 1}};
        commit(*store, puts);
        store->ask({});
    }
    BOOST_REQUIRE(Shell{db}.run("UPDATE deliveries SET state = 7; UPDATE requests SET action = 999;"
                                "UPDATE agents SET begun_repeated = 'x'"));
    const auto store = bus::SqliteStore::open({.path = db});
    for (const std::string& error : {store_error([&] { store->delivery("worker", 1); }),
                                     store_error([&] { store->delivery_briefs("worker"); }),
                                     store_error([&] { store->requests(0, all, false); }),
                                     store_error([&] { store->begun("worker"); })}) {
        BOOST_TEST(contains(error, "damaged"), error);
    }
}

BOOST_AUTO_TEST_CASE(a_request_of_a_newer_program_can_be_read) {
    {
        const auto store = bus::SqliteStore::open({.path = db});
        store->ask({});
        store->ask({});
    }
    BOOST_REQUIRE(Shell{db}.run("UPDATE requests SET action = 9 WHERE number = 1"));
    const auto store = bus::SqliteStore::open({.path = db});
    const auto requests = store->requests(0, all, true);
    BOOST_TEST_REQUIRE(requests.size() == 2U);
    BOOST_TEST(static_cast<int>(requests[0].action) == 9);
}

BOOST_AUTO_TEST_CASE(S8_a_backup_that_the_disk_has_no_room_for_leaves_nothing,
                     *test::where_a_disk_can_be_mounted) {
    const SmallDisk disk{"size=300k"};
    BOOST_TEST_REQUIRE(disk.mounted());
    const auto store = bus::SqliteStore::open({.path = db});
    for (std::uint64_t i = 1; i <= 20; ++i) {
        append(*store, large(i));
    }
    const std::string error = store_error([&] { store->backup(disk.path() / "backup.db"); });
    BOOST_TEST(contains(error, "full"), error);
    BOOST_TEST(contains(error, "backup.db"), error);
    BOOST_TEST(fs::is_empty(disk.path()));
    BOOST_TEST(append(*store, event(21)).position == 21U);
}

BOOST_AUTO_TEST_CASE(a_backup_is_made_of_a_store_that_is_open_only_for_reading) {
    append(*bus::SqliteStore::open({.path = db}), event(1));
    const fs::path copy = folder.path() / "copy.db";
    std::ofstream{copy.string() + "-partial"} << "of an earlier try that was killed";
    bus::SqliteStore::open({.path = db, .read_only = true})->backup(copy);
    BOOST_TEST(bus::SqliteStore::open({.path = copy, .read_only = true})->last_position() == 1U);
    BOOST_TEST(!fs::exists(copy.string() + "-partial"));
}

BOOST_AUTO_TEST_CASE(a_reader_of_a_store_that_nobody_writes_may_make_requests) {
    append(*bus::SqliteStore::open({.path = db}), event(1));
    {
        const auto reader = bus::SqliteStore::open({.path = db, .read_only = true});
        BOOST_TEST(reader->ask({}) == 1U);
        BOOST_TEST(contains(store_error([&] { reader->prune(1, 1); }), "read-only"));
        BOOST_TEST(contains(store_error([&] { reader->forget("worker"); }), "read-only"));
        fs::remove(db);
        BOOST_TEST(store_error([&] { reader->ask({}); }) != "");
        BOOST_TEST(!fs::exists(db));
    }
}

BOOST_AUTO_TEST_CASE(any_text_that_is_too_long_makes_only_its_part_fail) {
    const auto store = bus::SqliteStore::open({.path = db, .max_value_bytes = 1'000});
    const std::string text(1'001, 'x');
    std::vector<bus::Part> parts(6, agent_part("worker", 0));
    parts[0].put_deliveries = {{.position = 1, .sequence = text}};
    parts[1].put_deliveries = {{.position = 1, .attempts = {{{}, {}, text}}}};
    parts[2].put_timers = {{.number = 1, .agent = "", .due = {}, .event = {.user_id = text}}};
    parts[3].commands = {{bus::DeliveryAction::discard, "worker", 1, "ann", text}};
    parts[4].answers = {{1, {}, text}};
    const auto results = store->commit(parts, true);
    for (std::size_t i = 0; i < 5; ++i) {
        BOOST_TEST(contains(message_of<bus::PartRefused>(results[i].error), "1001 bytes"));
    }
    BOOST_TEST(!results[5].error);
}

BOOST_AUTO_TEST_SUITE_END()
