// One process writes a store, and others are refused by any path.
#include "test/libbus/bus/store/one_writer.hpp"

#include "test/support/needs.hpp"

#include <sys/mount.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <vector>

using namespace test;
namespace fs = std::filesystem;

namespace test {

bool BindMount::make(const fs::path& from, const fs::path& to) {
    if (::geteuid() != 0) {
        return false;
    }
    const int file = ::open(to.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ::close(file);
    if (::mount(from.c_str(), to.c_str(), nullptr, MS_BIND, nullptr) != 0) {
        fs::remove(to);
        return false;
    }
    at_ = to;
    return true;
}

BindMount::~BindMount() {
    if (!at_.empty()) {
        ::umount2(at_.c_str(), MNT_DETACH);
    }
}

} // namespace test

namespace {

struct File {
    TempFolder folder;
    fs::path path = folder.path() / "orders.db";

    [[nodiscard]] fs::path at(const char* name) const { return folder.path() / name; }

    /// In another process that opens the store after all others have ended.
    void check_whole() const {
        BOOST_TEST(in_child([this] { return SqliteBackend::damage_of_backup(path); }) == "");
    }
};

/// A way to the file other than the path of its writer.
struct Door {
    const char* name;
    /// Creates it, before or after the writer opens the file, and returns the path; empty if this
    /// is impossible.
    std::function<fs::path(const File&)> make;
};

fs::path by_descriptor(const File& file) {
    const int descriptor = ::open(file.path.c_str(), O_RDONLY); // left open: closing drops locks
    return fs::path{"/proc/self/fd"} / std::to_string(descriptor);
}

const std::vector<Door> doors{
    {"the path itself", [](const File& file) { return file.path; }},
    {"a relative path", [](const File& file) { return fs::proximate(file.path); }},
    {"a path with dots", [](const File& file) { return file.folder.path() / "." / "orders.db"; }},
    {"a symbolic link",
     [](const File& file) {
         fs::create_symlink(file.path, file.at("link.db"));
         return file.at("link.db");
     }},
    {"a relative link to a link",
     [](const File& file) {
         fs::create_symlink("orders.db", file.at("link.db"));
         fs::create_symlink("link.db", file.at("far.db"));
         return file.at("far.db");
     }},
    {"a link to the folder",
     [](const File& file) {
         fs::create_directory_symlink(file.folder.path(), file.at("folder"));
         return file.at("folder") / "orders.db";
     }},
    {"a hard link",
     [](const File& file) {
         fs::create_hard_link(file.path, file.at("hard.db"));
         return file.at("hard.db");
     }},
    {"the path, after the lock file was removed",
     [](const File& file) {
         fs::remove(file.path.string() + "-lock");
         return file.path;
     }},
    {"the path, after another lock file was put there",
     [](const File& file) {
         fs::remove(file.path.string() + "-lock");
         fs::copy_file("/proc/self/cmdline", file.path.string() + "-lock");
         return file.path;
     }},
    {"a hard link, after the lock file was removed",
     [](const File& file) {
         fs::remove(file.path.string() + "-lock");
         fs::create_hard_link(file.path, file.at("hard.db"));
         return file.at("hard.db");
     }},
    {"the file under another name, to which it was moved",
     [](const File& file) {
         fs::rename(file.path, file.at("moved.db"));
         return file.at("moved.db");
     }},
    {"an open descriptor", by_descriptor},
};

} // namespace

BOOST_AUTO_TEST_SUITE(one_writer)

BOOST_AUTO_TEST_CASE(S17_another_process_is_refused_by_each_path_and_told_who_writes) {
    for (const Door& door : doors) {
        BOOST_TEST_CONTEXT(door.name) {
            const File file;
            {
                const OtherWriter writer{file.path};
                const Refusal refusal = refusal_at(door.make(file));
                BOOST_TEST(contains(refusal.message, writer.name()), refusal.message);
                BOOST_TEST(refusal.owner == writer.name());
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(S17_a_second_store_in_this_process_is_refused_by_each_path) {
    for (const Door& door : doors) {
        BOOST_TEST_CONTEXT(door.name) {
            const File file;
            const auto store = bus::SqliteStore::open({.path = file.path, .program = "the first"});
            append(*store, event(1));
            const Refusal refusal = refusal_at(door.make(file));
            const std::string name = "the first (process " + std::to_string(::getpid()) + ")";
            BOOST_TEST(contains(refusal.message, name), refusal.message);
            BOOST_TEST(refusal.owner == name);
            if (fs::exists(file.path)) { // else it writes nothing more, see StoreLost
                append(*store, event(2));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(S17_a_second_writer_is_refused_by_a_bind_mount_of_the_file_too,
                     *needs("the right to bind a mount", [] {
                         const File file;
                         std::ofstream{file.path}.flush();
                         return BindMount{}.make(file.path, file.at("mounted"));
                     })) {
    const File file;
    const fs::path mounted = file.at("mounted.db");
    { const auto made = bus::SqliteStore::open({.path = file.path}); }
    BindMount mount;
    BOOST_REQUIRE(mount.make(file.path, mounted));
    {
        const OtherWriter writer{file.path};
        BOOST_TEST(refusal_at(mounted).owner == writer.name());
        // A read there would miss what is not copied yet, and a request would go into another log.
        const auto read = [&] { bus::SqliteStore::open({.path = mounted, .read_only = true}); };
        BOOST_TEST(contains(store_error(read), writer.name()), store_error(read));
        BOOST_TEST(!fs::exists(mounted.string() + "-wal"));
    }
    { // And the other way round.
        const OtherWriter writer{mounted, 2};
        BOOST_TEST(refusal_at(file.path).owner == writer.name());
    }
    file.check_whole();
}

BOOST_AUTO_TEST_CASE(S17_a_link_to_a_file_that_does_not_exist_yet_counts_as_the_file) {
    for (const bool by_link : {true, false}) {
        const File file;
        const fs::path link = file.at("link.db");
        fs::create_symlink("orders.db", link);
        {
            const OtherWriter writer{by_link ? link : file.path};
            BOOST_TEST(refusal_at(link).owner == writer.name());
            BOOST_TEST(refusal_at(file.path).owner == writer.name());
            BOOST_TEST(!fs::exists(link.string() + "-wal"));
        }
        file.check_whole();
    }
}

BOOST_AUTO_TEST_CASE(S17_a_file_with_two_names_is_not_written) {
    const File file;
    { const auto made = bus::SqliteStore::open({.path = file.path}); }
    fs::create_hard_link(file.path, file.at("hard.db"));
    for (const fs::path& path : {file.path, file.at("hard.db")}) {
        const Refusal refusal = refusal_at(path);
        BOOST_TEST(contains(refusal.message, "2 names (hard links)"), refusal.message);
        BOOST_TEST(contains(refusal.message, "-samefile"), refusal.message);
        // At rest it can be read: some backups are kept in this way.
        BOOST_TEST(bus::SqliteStore::open({.path = path, .read_only = true})->last_position() ==
                   0U);
    }
    fs::remove(file.at("hard.db"));
    BOOST_TEST(refusal_at(file.path).message == "it was opened");
    file.check_whole();
}

BOOST_AUTO_TEST_CASE(S17_a_file_without_a_path_is_not_opened) {
    const File file;
    const int descriptor = ::open(file.path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    fs::remove(file.path);
    const fs::path path = fs::path{"/proc/self/fd"} / std::to_string(descriptor);
    const Refusal refusal = refusal_at(path);
    BOOST_TEST(contains(refusal.message, "has no path here"), refusal.message);
    ::close(descriptor);
    BOOST_TEST(!fs::exists(file.path));
}

BOOST_AUTO_TEST_CASE(S17_readers_and_requests_get_in_beside_the_writer) {
    for (const bool lock_file : {true, false}) {
        const File file;
        fs::create_symlink(file.path, file.at("link.db"));
        {
            const OtherWriter writer{file.path};
            if (!lock_file) {
                fs::remove(file.path.string() + "-lock");
            }
            for (const fs::path& path : {file.path, file.at("link.db"), fs::proximate(file.path)}) {
                const auto store = bus::SqliteStore::open({.path = path, .read_only = true});
                BOOST_TEST(store->last_position() == 1U);
                BOOST_TEST(store->ask({.who = "me", .agent = "counter"}) > 0U);
            }
        }
        file.check_whole();
    }
}

BOOST_AUTO_TEST_CASE(S17_a_reader_that_uses_another_name_is_told_who_writes) {
    const File file;
    {
        const OtherWriter writer{file.path};
        fs::create_hard_link(file.path, file.at("hard.db"));
        const auto read = [&] {
            bus::SqliteStore::open({.path = file.at("hard.db"), .read_only = true});
        };
        const std::string error = store_error(read);
        BOOST_TEST(contains(error, writer.name()), error);
        BOOST_TEST(contains(error, "another name"), error);
        fs::remove(file.at("hard.db"));
    }
    file.check_whole();
}

BOOST_AUTO_TEST_CASE(S17_readers_and_refused_writers_do_not_release_the_locks_of_the_writer) {
    const File file;
    const auto store = bus::SqliteStore::open({.path = file.path});
    append(*store, event(1));
    BOOST_TEST(sqlite_has_its_lock(file.path));
    fs::create_hard_link(file.path, file.at("hard.db"));
    BOOST_TEST(!refusal_at(file.at("hard.db")).owner.empty());
    fs::remove(file.at("hard.db"));
    BOOST_TEST(!refusal_at(file.path).owner.empty());
    { // Another store of this process comes and goes.
        const auto reader = bus::SqliteStore::open({.path = file.path, .read_only = true});
        BOOST_TEST(reader->read(0, 9).size() == 1U);
        reader->ask({.who = "me", .agent = "counter"});
    }
    store->backup(file.at("backup.db").string());
    BOOST_TEST(SqliteBackend::damage_of_backup(file.path) == "");
    BOOST_TEST(sqlite_has_its_lock(file.path));
}

BOOST_AUTO_TEST_CASE(S17_a_reader_keeps_its_lock_if_the_writer_in_its_process_closes) {
    const File file;
    auto store = bus::SqliteStore::open({.path = file.path});
    append(*store, event(1));
    const auto reader = bus::SqliteStore::open({.path = file.path, .read_only = true});
    BOOST_TEST(reader->read(0, 9).size() == 1U);
    store.reset();
    BOOST_TEST(sqlite_has_its_lock(file.path));
    BOOST_TEST(refusal_at(file.path).message == "it was opened"); // the writer's lock is free
    BOOST_TEST(sqlite_has_its_lock(file.path));
}

BOOST_AUTO_TEST_CASE(S17_a_refusal_leaks_no_descriptor) {
    const auto descriptors = [] {
        const fs::directory_iterator open{"/proc/self/fd"};
        return std::distance(begin(open), end(open));
    };
    const File file;
    const auto store = bus::SqliteStore::open({.path = file.path});
    fs::create_hard_link(file.path, file.at("hard.db"));
    static_cast<void>(refusal_at(file.at("hard.db")));
    const auto before = descriptors();
    for (int i = 0; i < 50; ++i) {
        BOOST_TEST(!refusal_at(file.at("hard.db")).owner.empty());
        BOOST_TEST(!refusal_at(file.path).owner.empty());
    }
    BOOST_TEST(descriptors() == before);
}

BOOST_AUTO_TEST_CASE(S17_the_store_is_free_once_its_writer_has_closed_it_or_was_killed) {
    const File file;
    { const OtherWriter writer{file.path}; }
    {
        Child killed{[&] {
            const auto store = bus::SqliteStore::open({.path = file.path});
            append(*store, event(2));
            ::raise(SIGKILL);
            return std::string{};
        }};
        BOOST_TEST(killed.wait() == " (signal 9)");
    }
    const auto store = bus::SqliteStore::open({.path = file.path});
    BOOST_TEST(store->last_position() == 2U);
    BOOST_TEST(SqliteBackend::damage_of_backup(file.path) == "");
}

BOOST_AUTO_TEST_CASE(S17_in_a_child_of_fork_a_store_that_was_open_is_not_opened_again) {
    const File file;
    auto store = bus::SqliteStore::open({.path = file.path});
    BOOST_TEST(in_child([&] {
                   const std::string error = refusal_at(file.path).message;
                   return std::string{contains(error, "does not survive fork()") ? "told" : error};
               }) == "told");
    store.reset();
    BOOST_TEST(in_child([&] { return refusal_at(file.path).message; }) == "it was opened");
    file.check_whole();
}

BOOST_AUTO_TEST_SUITE_END()
