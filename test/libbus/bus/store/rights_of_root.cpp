// Files that a command of root leaves beside a store do not lock out the owner of the store.
#include "test/libbus/bus/store/one_writer.hpp"
#include "test/support/needs.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

using namespace test;
namespace fs = std::filesystem;

namespace {

constexpr uid_t nobody = 65'534;

/// The report of a process of the user nobody that does this.
template <class Act>
std::string as_nobody(Act act) {
    return in_child([&] {
        if (::setgid(nobody) != 0 || ::setuid(nobody) != 0) {
            return std::string{"it cannot become nobody"};
        }
        return std::string{act()};
    });
}

/// A store that the user nobody has made, with the given mode.
struct NobodysStore {
    TempFolder folder;
    fs::path path = folder.path() / "orders.db";

    explicit NobodysStore(mode_t mode = 0640) {
        BOOST_REQUIRE(::chown(folder.path().c_str(), nobody, nobody) == 0);
        BOOST_REQUIRE(as_nobody([&] { return write(1); }) == "written");
        BOOST_REQUIRE(::chmod(path.c_str(), mode) == 0);
    }

    [[nodiscard]] std::string write(std::uint64_t number) const {
        const auto store = bus::SqliteStore::open({.path = path});
        append(*store, event(number));
        return "written";
    }

    [[nodiscard]] fs::path beside(const char* end) const { return path.string() + end; }

    void check_rights(const char* end) const {
        struct stat store {};

        struct stat file {};

        BOOST_REQUIRE(::stat(path.c_str(), &store) == 0);
        BOOST_TEST_CONTEXT(end) {
            BOOST_REQUIRE(::stat(beside(end).c_str(), &file) == 0);
            BOOST_TEST(file.st_uid == store.st_uid);
            BOOST_TEST(file.st_gid == store.st_gid);
            BOOST_TEST((file.st_mode & 0777U) == (store.st_mode & 0777U));
        }
    }

    void check_whole() const {
        BOOST_TEST(in_child([this] { return SqliteBackend::damage_of_backup(path); }) == "");
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(rights_of_root, *needs("root", [] { return ::geteuid() == 0; }))

BOOST_AUTO_TEST_CASE(S17_files_that_root_creates_belong_to_the_owner_of_the_store) {
    for (const mode_t mode : {0600U, 0640U, 0660U}) {
        const NobodysStore store{mode};
        fs::remove(store.beside("-lock"));
        BOOST_TEST(in_child([&] {
                       const auto open = bus::SqliteStore::open({.path = store.path});
                       append(*open, event(2));
                       for (const char* end : {"-lock", "-wal", "-shm"}) {
                           store.check_rights(end);
                       }
                       return std::string{"checked"};
                   }) == "checked");
        store.check_rights("-lock");
        BOOST_TEST(as_nobody([&] { return store.write(3); }) == "written");
        store.check_whole();
    }
}

BOOST_AUTO_TEST_CASE(
    S17_files_that_a_killed_command_of_root_left_belong_to_the_owner_of_the_store) {
    const NobodysStore store;
    Child killed{[&] {
        const auto open = bus::SqliteStore::open({.path = store.path});
        append(*open, event(2));
        ::raise(SIGKILL);
        return std::string{};
    }};
    BOOST_TEST(killed.wait() == " (signal 9)");
    for (const char* end : {"-lock", "-wal", "-shm"}) {
        store.check_rights(end);
    }
    BOOST_TEST(as_nobody([&] { return store.write(3); }) == "written");
    store.check_whole();
}

BOOST_AUTO_TEST_CASE(S17_files_that_an_older_command_of_root_left_are_corrected_by_the_next) {
    const NobodysStore store;
    Child killed{[&] {
        const auto open = bus::SqliteStore::open({.path = store.path});
        append(*open, event(2));
        ::raise(SIGKILL);
        return std::string{};
    }};
    BOOST_TEST(killed.wait() == " (signal 9)");
    for (const char* end : {"-lock", "-wal", "-shm"}) {
        BOOST_REQUIRE(::chown(store.beside(end).c_str(), 0, 0) == 0);
        BOOST_REQUIRE(::chmod(store.beside(end).c_str(), 0600) == 0);
    }
    const std::string refused = as_nobody([&] { return store.write(3); });
    BOOST_TEST(contains(refused, "this user may"), refused);
    BOOST_TEST(in_child([&] { return store.write(3); }) == "written");
    BOOST_TEST(as_nobody([&] { return store.write(4); }) == "written");
    store.check_whole();
}

BOOST_AUTO_TEST_CASE(S17_a_lock_file_that_may_only_be_read_locks_too) {
    const NobodysStore store;
    BOOST_REQUIRE(::chown(store.beside("-lock").c_str(), 0, 0) == 0);
    BOOST_REQUIRE(::chmod(store.beside("-lock").c_str(), 0644) == 0);
    BOOST_TEST(as_nobody([&] {
                   const auto open = bus::SqliteStore::open({.path = store.path});
                   const Refusal refusal = refusal_at(store.path);
                   return contains(refusal.owner, std::to_string(::getpid())) ? "refused"
                                                                              : refusal.message;
               }) == "refused");
    store.check_whole();
}

BOOST_AUTO_TEST_CASE(S17_root_follows_no_link_in_the_place_of_its_files) {
    for (const bool hard : {true, false}) {
        const NobodysStore store;
        const fs::path victim = store.folder.path() / "victim";
        { std::ofstream{victim} << "precious"; }
        BOOST_REQUIRE(::chmod(victim.c_str(), 0600) == 0);
        fs::remove(store.beside("-lock"));
        if (hard) {
            fs::create_hard_link(victim, store.beside("-lock"));
        } else {
            fs::create_symlink(victim, store.beside("-lock"));
        }
        const std::string error = in_child([&] { return store.write(2); });
        BOOST_TEST(contains(error, "cannot be used"), error);

        struct stat found {};

        BOOST_REQUIRE(::stat(victim.c_str(), &found) == 0);
        BOOST_TEST(found.st_uid == 0U);
        BOOST_TEST(found.st_size == 8);
    }
}

BOOST_AUTO_TEST_SUITE_END()
