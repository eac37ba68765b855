// A deployment that is rolled back and repeated, with a program for each version: S25, R10.
#include "test/support/temp_folder.hpp"
#include <bus/store/verify.hpp>

#include <boost/test/unit_test.hpp>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

namespace {

struct Deployments {
    struct Run {
        int code = -1;
        std::string out;
    };

    /// Runs the program of a version.
    Run run(int version, const std::string& words) {
        const std::string program = version == 1   ? EVOLVING_1
                                    : version == 2 ? EVOLVING_2
                                                   : EVOLVING_3;
        const std::string command = program + ' ' + path.string() + ' ' + words + " 2>&1";
        std::FILE* const pipe = ::popen(command.c_str(), "r");
        BOOST_REQUIRE(pipe != nullptr);
        Run result;
        std::array<char, 4096> buffer{};
        for (std::size_t size = 1; size != 0;) {
            size = std::fread(buffer.data(), 1, buffer.size(), pipe);
            result.out.append(buffer.data(), size);
        }
        const int status = ::pclose(pipe);
        result.code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
        const bus::VerifyReport report = bus::verify({.path = path});
        BOOST_TEST(report.clean());
        return result;
    }

    test::TempFolder folder;
    std::filesystem::path path = folder.path() / "things.db";
};

void has(const Deployments::Run& run, const std::string& part) {
    BOOST_TEST((run.out.find(part) != std::string::npos), part << " is not in\n" << run.out);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(evolving_programs, Deployments)

BOOST_AUTO_TEST_CASE(S25_a_deployment_is_rolled_back_and_repeated_and_no_event_is_lost) {
    has(run(1, "agent publish 1"), "handled thing 11\nidle\ndrained, 0 deferred, 0 parked\n");
    has(run(2, "upcasters publish 2"), "idle"); // as before it was rolled back
    const Run back = run(1, "agent publish 1");
    BOOST_TEST(back.code == 0);
    has(back, "trouble sqlite:");
    has(back, "version 2 of ThingEvent (2 events)");
    has(back, "not_ready ThingEvent by things: the event is of version 2 of ThingEvent, and this "
              "program knows version 1");
    has(back, "idle\ndrained, 1 deferred, 2 parked\n");
    BOOST_TEST((back.out.find("handled") == std::string::npos), back.out);
    const Run again = run(1, "agent");
    has(again, "trouble agent things has 2 unfinished events of version 2 of ThingEvent (1 "
               "deferred, 1 parked, 0 dead)");
    has(again, "idle\ndrained, 1 deferred, 2 parked\n");
    has(run(2, "upcasters agent"),
        "handled thing 21\nhandled thing 22\nhandled thing 11\nidle\ndrained, 0 deferred, 0 "
        "parked\n");
}

BOOST_AUTO_TEST_CASE(S25_a_program_between_the_versions_handles_what_it_knows) {
    run(3, "upcasters publish 1");
    has(run(1, "agent"), "drained, 1 deferred, 0 parked");
    has(run(2, "upcasters agent publish 1"), "drained, 1 deferred, 1 parked");
    has(run(1, "agent"), "drained, 1 deferred, 1 parked");
    has(run(3, "upcasters agent"), "handled thing 31\nhandled thing 21\n");
}

BOOST_AUTO_TEST_CASE(R10_a_program_that_forgot_an_upcaster_is_refused_before_it_reads_an_event) {
    run(1, "agent publish 2");
    const Run refused = run(3, "agent");
    BOOST_TEST(refused.code == 3);
    has(refused, "refused: agent things cannot be added: it handles ThingEvent, which this program "
                 "knows at version 3");
    has(refused, "holds 2 of version 1, but there is no upcaster from 1 to 2, from 2 to 3");
    const Run mended = run(3, "upcasters agent publish 1");
    BOOST_TEST(mended.code == 0);
    has(mended, "handled thing 31\nidle\n");
}

BOOST_AUTO_TEST_SUITE_END()
