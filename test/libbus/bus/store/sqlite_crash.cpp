#include "backends.hpp"

#include <boost/test/unit_test.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <limits>

using namespace test;
namespace fs = std::filesystem;

namespace {

/// A child process that commits without end and reports, through a pipe, the last position of each
/// commit that returned. Only the child uses SQLite, so nothing of it is carried over the fork.
class Committer {
public:
    Committer(const fs::path& path, bool durable, std::uint64_t first) {
        std::array<int, 2> ends{};
        BOOST_REQUIRE(::pipe(ends.data()) == 0);
        child_ = ::fork();
        if (child_ == 0) {
            ::close(ends[0]);
            commit_for_ever(path, durable, first, ends[1]);
        }
        ::close(ends[1]);
        acknowledged_ = ends[0];
    }

    Committer(const Committer&) = delete;
    Committer& operator=(const Committer&) = delete;

    ~Committer() { ::close(acknowledged_); }

    /// Waits until it has reported this position.
    void wait_for(std::uint64_t least) {
        while (told_ < least && next(told_)) {
        }
    }

    /// Kills it; returns the last position that it reported.
    std::uint64_t kill() {
        ::kill(child_, SIGKILL);
        while (next(told_)) {
        }
        int status = 0;
        ::waitpid(child_, &status, 0);
        BOOST_TEST(WIFSIGNALED(status));
        return told_;
    }

private:
    bool next(std::uint64_t& position) const {
        return ::read(acknowledged_, &position, sizeof position) ==
               static_cast<ssize_t>(sizeof position);
    }

    [[noreturn]] static void commit_for_ever(const fs::path& path, bool durable,
                                             std::uint64_t first, int tell) {
        try {
            const auto store = bus::SqliteStore::open({.path = path, .program = "committer"});
            for (std::uint64_t i = first;; i += 3) {
                bus::Part step = agent_part("writer", 0);
                step.events = {event(i), event(i + 1, "B"), event(i + 2, "C")};
                step.put_states = {{"last", std::to_string(i + 2)}};
                step.settled = {{i, i + 2}};
                step.delivered = 3;
                step.finished = 2;
                step.put_deliveries = {{.position = i, .state = bus::DeliveryState::deferred}};
                step.put_timers = {{.number = i, .agent = "writer", .due = {}, .event = {}}};
                step.erase_timers = {i - 3};
                const std::uint64_t last = commit(*store, step, durable).places.at(2).position;
                if (::write(tell, &last, sizeof last) < 0) {
                    ::_exit(1);
                }
            }
        } catch (...) {
            ::_exit(2);
        }
    }

    pid_t child_ = -1;
    int acknowledged_ = -1;
    std::uint64_t told_ = 0;
};

void check_whole(bus::EventStore& store, std::uint64_t acknowledged) {
    const auto events = store.read(0, std::numeric_limits<std::size_t>::max());
    BOOST_TEST(events.size() >= acknowledged);
    BOOST_TEST(events.size() % 3 == 0U);
    for (std::size_t i = 0; i < events.size(); ++i) {
        BOOST_TEST_REQUIRE(events[i].position == i + 1);
        BOOST_TEST_REQUIRE(events[i].record.event_id == id(i + 1));
    }
    BOOST_TEST(store.last_position() == events.size());
    BOOST_TEST(store.agent("writer")->checkpoint == events.size());
    BOOST_TEST(store.agent("writer")->delivered == events.size());
    const bus::Conservation account = store.conservation().at(0);
    BOOST_TEST(account.holds());
    BOOST_TEST(account.deferred == events.size() / 3);
    BOOST_TEST(store.last_timer() == events.size() - 2);
    BOOST_TEST(store.timers(bus::Timestamp::min(), 0, 10).size() == 1U);
    BOOST_TEST(store.state("writer", "last")->json == std::to_string(events.size()));
}

} // namespace

BOOST_AUTO_TEST_SUITE(sqlite_store_after_kill_9)

BOOST_AUTO_TEST_CASE(S1_after_a_kill_every_acknowledged_commit_is_there_and_none_is_partial) {
    for (const bool durable : {true, false}) {
        const TempFolder folder;
        const fs::path db = folder.path() / "store.db";
        std::uint64_t first = 1;
        for (int round = 0; round < 4; ++round) {
            Committer committer{db, durable, first};
            committer.wait_for(first + 200);
            const std::uint64_t acknowledged = committer.kill();
            BOOST_TEST(acknowledged >= first + 200);
            const auto store = bus::SqliteStore::open({.path = db});
            check_whole(*store, acknowledged);
            first = store->last_position() + 1;
        }
    }
}

BOOST_AUTO_TEST_CASE(S13_another_process_is_refused_with_the_writers_name_and_reads) {
    const TempFolder folder;
    const fs::path db = folder.path() / "store.db";
    Committer committer{db, false, 1};
    committer.wait_for(1);
    const std::string error = store_error([&] { bus::SqliteStore::open({.path = db}); });
    BOOST_TEST(contains(error, "committer (process "), error);
    const auto reader = bus::SqliteStore::open({.path = db, .read_only = true});
    BOOST_TEST(reader->read(0, 3).size() == 3U);
    committer.wait_for(300);
    BOOST_TEST(reader->last_position() >= 300U);
    const std::uint64_t acknowledged = committer.kill();
    const auto store = bus::SqliteStore::open({.path = db});
    check_whole(*store, acknowledged);
}

BOOST_AUTO_TEST_SUITE_END()
