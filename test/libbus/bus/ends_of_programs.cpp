// Programs that end: with a bus, an agent or an event among their static objects, made in any
// order, and by exit() in the middle of a handler or a step.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <memory>
#include <string>

namespace {

struct Ended {
    int code = -1; ///< -1: by a signal
    std::string said;
};

Ended run(const std::string& program, const std::string& how) {
    struct Close {
        void operator()(FILE* pipe) const { pclose(pipe); }
    };

    Ended ended;
    std::unique_ptr<FILE, Close> pipe{popen((program + " " + how + " 2>&1").c_str(), "r")};
    BOOST_REQUIRE(pipe);
    std::array<char, 512> buffer{};
    while (std::fgets(buffer.data(), static_cast<int>(buffer.size()), pipe.get()) != nullptr) {
        ended.said += buffer.data();
    }
    const int status = pclose(pipe.release());
    ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return ended;
}

/// Two builds: the bus is made before the other static objects, and after them.
const std::array<const char*, 2> programs{BUS_FIRST, BUS_LAST};

const std::array<const char*, 6> exits{"exit-in-handler",       "exit-in-step",
                                       "exit-in-step-on-store", "exit-in-step-of-owned-bus",
                                       "exit-in-timer",         "exit-in-post"};

} // namespace

BOOST_AUTO_TEST_SUITE(ends_of_programs)

BOOST_DATA_TEST_CASE(D29_a_static_bus_takes_publishes_from_the_destructors_of_other_statics,
                     boost::unit_test::data::make(programs), program) {
    const Ended ended = run(program, "handlers");
    BOOST_TEST(ended.code == 0);
    BOOST_TEST(ended.said.find("read: written at the end") != std::string::npos, ended.said);
    BOOST_TEST(ended.said.find("late: handled by ") != std::string::npos, ended.said);
}

BOOST_DATA_TEST_CASE(D29_a_static_bus_with_agents_refuses_publishes_after_its_end_with_a_message,
                     boost::unit_test::data::make(programs), program) {
    const Ended ended = run(program, "agents");
    BOOST_TEST(ended.code == 0);
    BOOST_TEST(ended.said.find("late: ") != std::string::npos, ended.said);
    const bool handled = ended.said.find("late: handled by 0") != std::string::npos;
    const bool refused = ended.said.find("late: the bus is stopping") != std::string::npos;
    BOOST_TEST((handled || refused), ended.said);
}

BOOST_DATA_TEST_CASE(D29_threads_that_nobody_joins_may_publish_to_a_static_bus_until_the_end,
                     boost::unit_test::data::make(programs), program) {
    const Ended ended = run(program, "detached");
    BOOST_TEST(ended.code == 0, ended.said);
    BOOST_TEST(ended.said == "main returns\n");
}

BOOST_DATA_TEST_CASE(D29_threads_that_nobody_joins_may_post_and_schedule_until_the_end,
                     boost::unit_test::data::make(programs) *
                         boost::unit_test::data::make({"detached-posts", "detached-posts-on-store",
                                                       "posts-across-the-end"}),
                     program, how) {
    for (int i = 0; i < 5; ++i) {
        const Ended ended = run(program, how);
        BOOST_TEST(ended.code == 0, ended.said);
        BOOST_TEST(ended.said == "main returns\n");
    }
}

BOOST_DATA_TEST_CASE(D29_exit_in_a_handler_a_step_or_a_timer_gives_its_code,
                     boost::unit_test::data::make(programs) * boost::unit_test::data::make(exits),
                     program, how) {
    const Ended ended = run(program, how);
    BOOST_TEST(ended.code == 3);
    BOOST_TEST(ended.said.empty(), ended.said);
}

BOOST_AUTO_TEST_SUITE_END()
