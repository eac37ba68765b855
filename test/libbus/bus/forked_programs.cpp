// Real programs that fork after they have made a bus.
#include "test/libbus/bus/store/backends.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <csignal>
#include <cstdio>
#include <string>

namespace {

/// The output of fork_host and its children.
std::string said_by_host(const std::string& mode, const std::filesystem::path& path) {
    const std::string command = std::string{FORK_HOST} + " " + mode + " '" + path.string() + "'";
    FILE* const pipe = ::popen(command.c_str(), "r");
    std::string said;
    std::array<char, 512> buffer{};
    for (std::size_t size = 0; (size = ::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
        said.append(buffer.data(), size);
    }
    ::pclose(pipe);
    return said;
}

/// A child of a host that has died, which lives for as long as this does.
class LeftAlone {
public:
    LeftAlone(const std::string& mode, const std::filesystem::path& path) {
        const std::string said = said_by_host(mode, path);
        BOOST_REQUIRE_MESSAGE(said.starts_with("child "), said);
        child_ = std::stoi(said.substr(6));
        BOOST_REQUIRE(::kill(child_, 0) == 0);
    }

    LeftAlone(const LeftAlone&) = delete;
    LeftAlone& operator=(const LeftAlone&) = delete;

    ~LeftAlone() { ::kill(child_, SIGKILL); }

private:
    pid_t child_ = 0;
};

struct File {
    test::TempFolder folder;
    std::filesystem::path path = folder.path() / "orders.db";

    [[nodiscard]] bus::Position last() const {
        return bus::SqliteStore::open({.path = path})->last_position();
    }

    [[nodiscard]] std::string damage() const { return test::SqliteBackend::damage_of_backup(path); }
};

} // namespace

BOOST_AUTO_TEST_SUITE(forked_programs)

BOOST_AUTO_TEST_CASE(S18_a_child_may_return_from_main_and_exit) {
    for (const char* mode : {"return", "exit"}) {
        const File file;
        const std::string said = said_by_host(mode, file.path);
        BOOST_TEST_CONTEXT(mode << ": " << said) {
            BOOST_TEST(test::contains(said, "refused: a bus does not survive fork()"));
            BOOST_TEST(test::contains(said, "child: exit 0"));
            BOOST_TEST(test::contains(said, "parent: 2"));
            BOOST_TEST(file.last() == 2U);
            BOOST_TEST(file.damage() == "");
        }
    }
}

BOOST_AUTO_TEST_CASE(S18_a_program_that_becomes_a_daemon_too_late_gets_an_error) {
    const File file;
    const std::string said = said_by_host("daemon", file.path);
    BOOST_TEST(test::contains(said, "refused: a bus does not survive fork()"), said);
    BOOST_TEST(test::contains(said, "daemon()"), said);
    BOOST_TEST(file.last() == 1U);
    BOOST_TEST(file.damage() == "");
}

BOOST_AUTO_TEST_CASE(S18_a_child_that_outlives_the_host_does_not_keep_the_store) {
    const File file;
    {
        const LeftAlone child{"leave", file.path};
        BOOST_TEST(file.last() == 1U); // opened for writing
    }
    BOOST_TEST(file.damage() == "");
}

BOOST_AUTO_TEST_CASE(S18_a_child_that_has_kept_the_store_nevertheless_is_named) {
    const File file;
    {
        // Forked by a direct system call, so that no handler could close anything.
        const LeftAlone child{"leave_raw", file.path};
        const std::string error = test::store_error([&] { static_cast<void>(file.last()); });
        BOOST_TEST(test::contains(error, "fork_host (process "), error);
        BOOST_TEST(test::contains(error, "or a child of it"), error);
    }
    // The child ends in a moment.
    for (int i = 0; i < 1000 && !test::store_error([&] { static_cast<void>(file.last()); }).empty();
         ++i) {
        ::usleep(1000);
    }
    BOOST_TEST(file.last() == 1U);
    BOOST_TEST(file.damage() == "");
}

BOOST_AUTO_TEST_SUITE_END()
