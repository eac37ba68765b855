// A host with a disk in trouble: it gets a clear message, nothing committed is lost, and work
// continues when the trouble is over.
#include "test/libbus/bus/delivery/sqlite_world.hpp"
#include "test/support/faulty_disk.hpp"
#include "test/support/small_disk.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>

using namespace std::chrono_literals;
using test::DiskFault;
namespace fs = std::filesystem;

namespace {

struct Disk {
    test::TempFolder folder;
    test::FaultyDisk disk{folder.path()};
    test::SqliteWorld world{folder.path() / "store.db"};
};

bool says(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

/// The trouble in the status of the first agent that has any.
std::string trouble(bus::Bus& bus) {
    for (const bus::AgentStatus& status : bus.status()) {
        if (!status.trouble.empty()) {
            return status.trouble;
        }
    }
    return {};
}

/// Publishes before the fault, during it and after it.
void check_writes_fail_for_a_while(Disk& at, DiskFault fault, const char* advice) {
    test::SqliteWorld& world = at.world;
    world.start();
    for (std::int64_t i = 0; i < 20; ++i) {
        BOOST_TEST(world.publish(i));
    }
    at.disk.fault = fault;
    BOOST_TEST(!world.publish(20));
    BOOST_TEST(says(world.refusal, advice), world.refusal);
    BOOST_TEST(says(world.refusal, world.db.string()), world.refusal);
    world.runtime->run_for(5s);
    BOOST_TEST(says(trouble(*world.bus), advice), trouble(*world.bus));
    at.disk.fault = DiskFault::none;
    for (std::int64_t i = 21; i < 30; ++i) {
        BOOST_TEST(world.publish(i));
    }
    world.check_whole();
    BOOST_TEST(trouble(*world.bus).empty());
}

/// Starts the host when it cannot start. Returns the message.
std::string refused_start(test::SqliteWorld& world) {
    try {
        world.start();
    } catch (const bus::StoreError& error) {
        world.end();
        return error.what();
    }
    return {};
}

/// Overwrites what is in the middle of a file.
void damage(const fs::path& file) {
    const auto size = static_cast<std::streamoff>(fs::file_size(file));
    std::fstream out{file, std::ios::binary | std::ios::in | std::ios::out};
    out.seekp(size / 4 / 4096 * 4096);
    out << std::string(static_cast<std::size_t>(size / 2), '\xee');
}

/// Another process that has the store open until it is told to end.
class Neighbour {
public:
    explicit Neighbour(const fs::path& db) {
        BOOST_REQUIRE(::pipe(ready_.data()) == 0);
        process_ = ::fork();
        if (process_ == 0) {
            live(db);
        }
        ::close(ready_[1]);
        char told = 0;
        BOOST_REQUIRE(::read(ready_[0], &told, 1) == 1);
    }

    Neighbour(const Neighbour&) = delete;
    Neighbour& operator=(const Neighbour&) = delete;

    ~Neighbour() {
        ::kill(process_, SIGKILL);
        ::waitpid(process_, nullptr, 0);
        ::close(ready_[0]);
    }

private:
    [[noreturn]] void live(const fs::path& db) {
        try {
            test::SqliteWorld world{db};
            world.store = bus::SqliteStore::open({.path = db, .program = "the neighbour"});
            world.bus.emplace(bus::BusOptions{world.runtime, world.store});
            world.publish(1);
            if (::write(ready_[1], "!", 1) == 1) {
                for (;;) {
                    ::pause();
                }
            }
        } catch (...) {
            ::_exit(2);
        }
        ::_exit(1);
    }

    std::array<int, 2> ready_{};
    pid_t process_ = -1;
};

} // namespace

BOOST_AUTO_TEST_SUITE(bus_on_a_disk_in_trouble)

BOOST_FIXTURE_TEST_CASE(S8_a_disk_that_is_full_for_a_while, Disk) {
    check_writes_fail_for_a_while(*this, DiskFault::full, "free space");
}

BOOST_FIXTURE_TEST_CASE(S8_a_disk_that_refuses_writes_for_a_while, Disk) {
    check_writes_fail_for_a_while(*this, DiskFault::no_writes, "the disk reported an error");
}

BOOST_FIXTURE_TEST_CASE(S8_a_file_system_that_is_read_only_for_a_while, Disk) {
    check_writes_fail_for_a_while(*this, DiskFault::read_only, "read-only");
}

BOOST_FIXTURE_TEST_CASE(S8_a_disk_that_refuses_reads_for_a_while, Disk) {
    world.start();
    for (std::int64_t i = 0; i < 20; ++i) {
        world.publish(i);
    }
    world.end();
    world.start();
    disk.fault = DiskFault::no_reads;
    world.runtime->run_for(5s);
    for (std::int64_t i = 20; i < 30; ++i) {
        world.publish(i);
    }
    world.runtime->run_for(5s);
    disk.fault = DiskFault::none;
    world.check_whole();
}

BOOST_AUTO_TEST_CASE(S8_a_small_disk_is_filled_by_a_publisher_and_freed_again,
                     *test::where_a_disk_can_be_mounted) {
    const test::SmallDisk small{"size=8m"};
    BOOST_TEST_REQUIRE(small.mounted());
    std::ofstream{small.path() / "ballast"} << std::string(4'500'000, 'b');
    test::SqliteWorld world{small.path() / "store.db"};
    world.start();
    std::int64_t number = 0;
    while (number < 20'000 && world.publish(number)) {
        ++number;
    }
    BOOST_TEST(number > 10);
    BOOST_TEST(says(world.refusal, "free space"), world.refusal);
    world.runtime->run_for(5s);
    fs::remove(small.path() / "ballast");
    for (std::int64_t i = 0; i < 10; ++i) {
        BOOST_TEST(world.publish(number + 1 + i), world.refusal);
    }
    world.check_whole();
    world.end(); // before its disk is removed
}

BOOST_AUTO_TEST_CASE(S8_a_store_on_a_disk_made_read_only_does_not_start_until_it_is_writable,
                     *test::where_a_disk_can_be_mounted) {
    test::SmallDisk small{"size=4m"};
    BOOST_TEST_REQUIRE(small.mounted());
    test::SqliteWorld world{small.path() / "store.db"};
    world.start();
    for (std::int64_t i = 0; i < 20; ++i) {
        world.publish(i);
    }
    world.end();
    BOOST_REQUIRE(small.make_read_only(true));
    const std::string refusal = refused_start(world);
    BOOST_TEST(says(refusal, "read-only for this user"), refusal);
    BOOST_TEST(says(refusal, world.db.string()), refusal);
    BOOST_REQUIRE(small.make_read_only(false));
    world.start();
    BOOST_TEST(world.publish(20));
    world.check_whole();
    world.end();
}

BOOST_AUTO_TEST_CASE(S8_a_damaged_file_is_named_and_its_copy_goes_on) {
    const test::TempFolder folder;
    test::SqliteWorld world{folder.path() / "store.db"};
    world.start();
    for (std::int64_t i = 0; i < 200; ++i) {
        world.publish(i);
    }
    world.end(); // the agents have not finished yet
    fs::copy_file(world.db, folder.path() / "copy.db");
    damage(world.db);
    std::string told = refused_start(world);
    if (told.empty()) {
        world.runtime->run_for(5s);
        told = trouble(*world.bus);
        world.end();
    }
    BOOST_TEST(says(told, "damaged"), told);
    BOOST_TEST(says(told, world.db.string()), told);
    fs::remove(world.db.string() + "-wal");
    fs::remove(world.db.string() + "-shm");
    fs::rename(folder.path() / "copy.db", world.db);
    world.start();
    BOOST_TEST(world.publish(200));
    world.check_whole();
}

BOOST_AUTO_TEST_CASE(S13_a_second_process_is_refused_until_the_first_is_gone) {
    const test::TempFolder folder;
    test::SqliteWorld world{folder.path() / "store.db"};
    {
        const Neighbour neighbour{world.db};
        const std::string refusal = refused_start(world);
        BOOST_TEST(says(refusal, "the neighbour (process "), refusal);
        BOOST_TEST(says(refusal, world.db.string()), refusal);
    }
    world.start();
    world.accepted.push_back(1); // what the neighbour had published before it was killed
    BOOST_TEST(world.publish(2));
    world.check_whole();
}

BOOST_AUTO_TEST_SUITE_END()
