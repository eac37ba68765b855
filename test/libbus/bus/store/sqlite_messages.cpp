// Errors of the system that SQLite reports as something else.
#include "test/support/faulty_disk.hpp"
#include <bus/store/sqlite/system_advice.hpp>

#include "lost_files.hpp"
#include "troubles.hpp"

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <thread>

using namespace test;
namespace fs = std::filesystem;

namespace {

/// While true, the file system gives no locks, as an NFS mount without a lock service.
std::atomic<bool> no_locks{false};

int fcntl_without_locks(int file, int command, void* argument) {
    if (no_locks && command == F_SETLK) {
        errno = ENOLCK;
        return -1;
    }
    return ::fcntl(file, command, argument);
}

} // namespace

/// Replaces the system's function in this program.
extern "C" int flock(int file, int operation) {
    if (no_locks) {
        errno = ENOLCK;
        return -1;
    }
    return static_cast<int>(::syscall(SYS_flock, file, operation));
}

namespace {

struct NoLocks {
    NoLocks() { no_locks = true; }

    NoLocks(const NoLocks&) = delete;
    NoLocks& operator=(const NoLocks&) = delete;

    ~NoLocks() { no_locks = false; }
};

/// SQLite's own calls of fcntl.
class SqliteWithoutLocks {
public:
    SqliteWithoutLocks() {
        vfs_->xSetSystemCall(vfs_, "fcntl",
                             reinterpret_cast<sqlite3_syscall_ptr>(fcntl_without_locks));
    }

    SqliteWithoutLocks(const SqliteWithoutLocks&) = delete;
    SqliteWithoutLocks& operator=(const SqliteWithoutLocks&) = delete;

    ~SqliteWithoutLocks() { vfs_->xSetSystemCall(vfs_, "fcntl", nullptr); }

private:
    sqlite3_vfs* vfs_ = sqlite3_vfs_find(nullptr);
};

/// Leaves this process only `spare` file descriptors.
class NoDescriptors {
public:
    explicit NoDescriptors(std::size_t spare = 0) {
        constexpr rlim_t few = 128;
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const rlimit low{few, before_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &low);
        for (int file = ::dup(STDIN_FILENO); file >= 0; file = ::dup(STDIN_FILENO)) {
            taken_.push_back(file);
        }
        for (; spare > 0; --spare) {
            ::close(taken_.back());
            taken_.pop_back();
        }
    }

    NoDescriptors(const NoDescriptors&) = delete;
    NoDescriptors& operator=(const NoDescriptors&) = delete;

    ~NoDescriptors() {
        for (const int file : taken_) {
            ::close(file);
        }
        ::setrlimit(RLIMIT_NOFILE, &before_);
    }

private:
    rlimit before_{};
    std::vector<int> taken_;
};

/// A path of this many bytes in existing folders.
fs::path path_of(const fs::path& folder, std::size_t bytes, const std::string& end = ".db") {
    constexpr std::size_t step = 50;
    fs::path path = folder;
    while (path.string().size() + step + 60 < bytes) {
        path /= std::string(step - 1, 'd');
    }
    fs::create_directories(path);
    return path / (std::string(bytes - path.string().size() - 1 - end.size(), 'n') + end);
}

std::string open_error(const fs::path& path) {
    return store_error([&] {
        const auto store = bus::SqliteStore::open({.path = path});
        append(*store, event(1));
    });
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(messages_of_a_sqlite_store, File)

BOOST_AUTO_TEST_CASE(S8_a_path_too_long_for_sqlite_says_so_and_every_shorter_one_works) {
    const std::size_t longest = bus::internal::longest_path();
    for (std::size_t bytes = longest - 20; bytes <= longest + 20; ++bytes) {
        const fs::path path = path_of(fs::canonical(folder.path()), bytes);
        const std::string error = open_error(path);
        if (bytes <= longest) {
            BOOST_TEST(error == "", bytes);
            BOOST_TEST(bus::verify({.path = path}).clean());
        } else {
            BOOST_TEST(contains(error, "its path has " + std::to_string(bytes) + " bytes"), error);
            BOOST_TEST(contains(error, std::to_string(longest)), error);
            BOOST_TEST(!fs::exists(path));
        }
    }
}

BOOST_AUTO_TEST_CASE(S8_a_name_too_long_for_what_sqlite_appends_says_so) {
    for (const std::size_t bytes : {200U, 246U, 247U, 248U, 255U, 256U, 300U}) {
        const fs::path path = fs::canonical(folder.path()) / std::string(bytes, 'n');
        const std::string error = open_error(path);
        if (bytes <= 247) {
            BOOST_TEST(error == "", bytes);
        } else {
            BOOST_TEST((contains(error, "its name has") || contains(error, "too long")), error);
            BOOST_TEST((contains(error, "shorter name")), error);
        }
    }
}

BOOST_AUTO_TEST_CASE(S8_a_backup_to_a_path_too_long_says_so) {
    const auto store = bus::SqliteStore::open({.path = db});
    append(*store, event(1));
    // It is written under a longer name.
    const std::size_t longest = bus::internal::longest_path() - std::string{"-partial"}.size();
    for (std::size_t bytes = longest - 3; bytes <= longest + 12; ++bytes) {
        const fs::path to = path_of(fs::canonical(folder.path()), bytes, ".copy");
        const std::string error = store_error([&] { store->backup(to.string()); });
        if (bytes <= longest) {
            BOOST_TEST(error == "", bytes);
            BOOST_TEST(events_in(to) == 1U);
        } else {
            BOOST_TEST(contains(error, "its path has"), error);
            BOOST_TEST(!fs::exists(to));
        }
    }
}

BOOST_AUTO_TEST_CASE(S8_without_descriptors_each_call_says_so_and_nothing_is_lost) {
    LosingHost host{db};
    host.publish(3);
    host.bus->wait_idle();
    const std::string copy = db.string() + ".copy";
    for (const std::size_t spare : {0U, 1U, 2U, 3U}) {
        const NoDescriptors none{spare};
        const auto check = [&](const char* what, const std::function<void()>& act) {
            const std::string error = store_error(act);
            BOOST_TEST((error.empty() || contains(error, "no file descriptor is left")),
                       what << " with " << spare << ": " << error);
            BOOST_TEST((spare > 0 || !error.empty()), what);
        };
        check("ask", [&] { host.store->ask({.who = "ann", .agent = "counter"}); });
        check("backup", [&] { host.store->backup(copy); });
        check("open", [&] { bus::SqliteStore::open({.path = db.string() + "2"}); });
        check("open to read",
              [&] { bus::SqliteStore::open({.path = db, .read_only = true})->read(0, 9); });
        check("verify", [&] { static_cast<void>(bus::verify({.path = db})); });
        host.publish(1); // the writer needs none
        fs::remove(copy);
    }
    BOOST_TEST(host.bus->wait_idle(std::chrono::seconds{20}));
    host.store->backup(copy);
    BOOST_TEST(events_in(copy) == 7U);
    BOOST_TEST(host.stop().drained);
    BOOST_TEST(events_in(db) == 7U);
}

BOOST_AUTO_TEST_CASE(S8_many_readers_without_descriptors_say_so) {
    const auto store = bus::SqliteStore::open({.path = db});
    append(*store, event(1));
    const NoDescriptors none;
    std::vector<std::string> errors(8);
    {
        std::vector<std::jthread> threads;
        for (std::string& error : errors) {
            threads.emplace_back([&] {
                for (int i = 0; i < 20 && error.empty(); ++i) {
                    error = store_error([&] { store->read(0, 10); });
                }
            });
        }
    }
    for (const std::string& error : errors) {
        BOOST_TEST((error.empty() || contains(error, "no file descriptor is left")), error);
    }
    BOOST_TEST(append(*store, event(2)).position == 2U);
}

BOOST_AUTO_TEST_CASE(S8_a_file_system_without_locks_says_so) {
    {
        const NoLocks none;
        const std::string error = open_error(db);
        BOOST_TEST(contains(error, "gives no locks"), error);
        BOOST_TEST(contains(error, "local disk"), error);
    }
    BOOST_TEST(open_error(db) == "");
}

BOOST_AUTO_TEST_CASE(S8_locks_that_sqlite_cannot_get_are_not_blamed_on_another_program) {
    BOOST_TEST(open_error(db) == "");
    {
        const SqliteWithoutLocks sqlite;
        const NoLocks none;
        const std::string error = store_error([&] {
            bus::SqliteStore::open(
                {.path = db, .read_only = true, .busy_timeout = std::chrono::milliseconds{10}});
        });
        BOOST_TEST(contains(error, "gives no locks"), error);
        BOOST_TEST(!contains(error, "another program"), error);
    }
    BOOST_TEST(events_in(db) == 1U);
}

BOOST_AUTO_TEST_CASE(S8_a_program_without_standard_files_prints_into_no_store) {
    const pid_t child = ::fork();
    if (child == 0) {
        for (const int file : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
            ::close(file);
        }
        const auto store = bus::SqliteStore::open({.path = db});
        append(*store, event(1));
        bool printed = true;
        for (const int file : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
            printed = printed && ::write(file, "printed", 7) == 7;
        }
        append(*store, event(2));
        ::_exit(printed ? 0 : 1);
    }
    int status = 0;
    BOOST_TEST(::waitpid(child, &status, 0) == child);
    BOOST_TEST(status == 0);
    BOOST_TEST(events_in(db) == 2U);
    for (const char* end : {"", "-lock"}) {
        BOOST_TEST(!contains(content_of(db + end), "printed"));
    }
}

BOOST_AUTO_TEST_CASE(S8_a_single_failed_read_is_not_damage) {
    std::size_t refused = 0;
    FaultyDisk disk{folder.path()};
    {
        const auto store = bus::SqliteStore::open({.path = db});
        for (std::uint64_t i = 1; i <= 60; ++i) {
            append(*store, large(i, 9'000));
        }
    }
    for (std::uint64_t at = 1; at <= 60; ++at) {
        disk.fail_at_read(at);
        try {
            const auto store = bus::SqliteStore::open({.path = db});
            store->read(0, 100);
            append(*store, event(1000 + at));
        } catch (const bus::StoreDamaged& error) {
            BOOST_ERROR("read " << at << ": " << error.what());
        } catch (const bus::StoreError& error) {
            const std::string what = error.what();
            BOOST_TEST(contains(what, "bus verify"), what);
            BOOST_TEST(contains(what, "system's log"), what);
            BOOST_TEST(!contains(what, "restore"), what);
            ++refused;
        }
        disk.forget_plans();
    }
    BOOST_TEST(refused > 5U);
    BOOST_TEST(bus::verify({.path = db}).clean());
}

BOOST_AUTO_TEST_CASE(
    S8_verify_reports_a_read_that_keeps_failing_as_damage_but_not_a_single_failure) {
    FaultyDisk disk{folder.path()};
    {
        const auto store = bus::SqliteStore::open({.path = db});
        for (std::uint64_t i = 1; i <= 60; ++i) {
            append(*store, large(i, 9'000));
        }
    }
    for (std::uint64_t at = 1; at <= 40; ++at) {
        disk.fail_at_read(at);
        const bus::VerifyReport report = bus::verify({.path = db});
        BOOST_TEST(report.clean(), at << ": " << (report.clean() ? "" : report.findings[0].what));
        disk.forget_plans();
    }
    disk.fault = DiskFault::no_reads;
    const bus::VerifyReport report = bus::verify({.path = db});
    BOOST_TEST(!report.clean());
    BOOST_TEST(report.damage.contains(bus::FindingKind::page_damaged));
}

BOOST_AUTO_TEST_SUITE_END()
