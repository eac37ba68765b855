// The report of a campaign on seeds that fail. Here, its workers are scripts.
#include "test/simulation/campaign.hpp"

#include "test/support/temp_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

namespace {

struct Ran {
    bool good = false;
    std::string said{};
};

/// A campaign with the single seed 5 and a script as its worker. In the script, FROM is the seed to
/// continue with.
Ran run(const std::string& worker, simulation::CampaignOptions options = {}) {
    const test::TempFolder folder;
    options.program = (folder.path() / "worker").string();
    options.first = 5;
    options.seeds = 1;
    std::ofstream{options.program}
        << "#!/bin/sh\nwhile [ \"$1\" != --from ]; do shift; done\nFROM=$2\n"
        << worker << '\n';
    std::filesystem::permissions(options.program, std::filesystem::perms::owner_all);
    const std::unique_ptr<std::FILE, decltype(&std::fclose)> out{std::tmpfile(), &std::fclose};
    BOOST_REQUIRE(out != nullptr);
    Ran ran{.good = simulation::run_campaign(options, out.get())};
    std::rewind(out.get());
    std::array<char, 4096> text{};
    ran.said.assign(text.data(), std::fread(text.data(), 1, text.size(), out.get()));
    return ran;
}

constexpr const char* well = "echo seed 5; echo done 1 2 abc";
constexpr const char* fails = "echo seed 5; echo the report differs; echo done 1 2 abc";

} // namespace

BOOST_AUTO_TEST_CASE(a_seed_that_goes_well_twice_is_counted_once) {
    const Ran ran = run(std::string{well} + ';' + well);
    BOOST_TEST(ran.good);
    BOOST_TEST(ran.said == "1 seeds, 1 crashes, 2 faults, 0 failed\n");
}

BOOST_AUTO_TEST_CASE(a_seed_that_fails_prints_the_one_command_that_replays_it) {
    const Ran ran = run(std::string{fails} + ';' + fails);
    BOOST_TEST(!ran.good);
    BOOST_TEST(ran.said == "seed 5 FAILED; replay it with: test/simulation/run --seed 5 --verbose\n"
                           "  the report differs\n"
                           "  the report differs\n"
                           "1 seeds, 1 crashes, 2 faults, 1 failed\n");
}

BOOST_AUTO_TEST_CASE(the_command_names_options_that_are_not_the_defaults) {
    simulation::CampaignOptions options;
    options.orders = 7;
    options.preset = "asan";
    BOOST_TEST(
        run(std::string{fails} + ';' + fails, options)
            .said.find("test/simulation/run --seed 5 --verbose --orders 7 --preset asan\n") !=
        std::string::npos);
}

BOOST_AUTO_TEST_CASE(two_runs_that_differ_are_a_failure) {
    const Ran ran = run(std::string{well} + "; echo seed 5; echo done 1 2 abd");
    BOOST_TEST(!ran.good);
    BOOST_TEST(ran.said.find("--seed 5 --verbose\n  two runs of it differ: their logs are "
                             "0000000000000abc and 0000000000000abd\n") != std::string::npos,
               ran.said);
}

BOOST_AUTO_TEST_CASE(a_worker_that_dies_is_a_failure_of_its_seed_and_another_continues_after_it) {
    const Ran killed = run("[ $FROM -gt 5 ] || { echo seed 5; kill -9 $$; }");
    BOOST_TEST(!killed.good);
    BOOST_TEST(killed.said.find("--seed 5 --verbose\n  its process died of signal 9\n") !=
                   std::string::npos,
               killed.said);
    const Ran ended = run("[ $FROM -gt 5 ] || { echo seed 5; exit 3; }");
    BOOST_TEST(!ended.good);
    BOOST_TEST(ended.said.find("  its process ended with 3\n") != std::string::npos, ended.said);
}

BOOST_AUTO_TEST_CASE(a_seed_that_did_not_run_twice_is_a_failure) {
    const Ran once = run(well);
    BOOST_TEST(!once.good);
    BOOST_TEST(once.said.find("--seed 5 --verbose\n  it ran only once\n") != std::string::npos,
               once.said);
    BOOST_TEST(!run("exit 0").good);
}
