// The program in a shell, as its users run it: exit codes, pipes, signals, completion, the manual
// page.
#include "console.hpp"
#include "sample_store.hpp"

#include <boost/test/unit_test.hpp>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <fstream>

namespace {

using test::holds;

struct Shell {
    int code = -1;
    std::string out; ///< of both streams
};

/// Runs a script in bash, where `bus` and `host` are the programs, and STORE is a sample store's
/// URL.
Shell shell(const std::string& script) {
    const test::SampleStore store;
    const std::string file = store.file("script");
    std::ofstream{file} << "bus() { " BUS_PROGRAM " \"$@\"; }\n"
                           "host() { " HOST_PROGRAM " \"$@\"; }\n"
                        << "export LC_ALL=C.UTF-8 BUS_STORE= STORE=" << store.url()
                        << " FOLDER=" << store.file("") << '\n'
                        << script << '\n';
    std::FILE* const pipe = ::popen(("exec bash " + file + " 2>&1").c_str(), "r");
    BOOST_REQUIRE(pipe != nullptr);
    Shell result;
    std::array<char, 4096> buffer{};
    for (std::size_t size = 1; size != 0;) {
        size = std::fread(buffer.data(), 1, buffer.size(), pipe);
        result.out.append(buffer.data(), size);
    }
    const int status = ::pclose(pipe);
    result.code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    return result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(program)

BOOST_AUTO_TEST_CASE(help_names_the_commands_and_the_exit_codes) {
    const Shell help = shell("bus --help");
    BOOST_TEST(help.code == 0);
    for (const char* word : {"events", "flow", "agents", "dead-letters", "requests", "prune",
                             "compact", "backup", "export", "import", "Exit codes", "130"}) {
        BOOST_TEST(holds(help.out, word), word);
    }
    BOOST_TEST(shell("bus dead-letters redrive --help").code == 0);
}

BOOST_AUTO_TEST_CASE(wrong_use_ends_with_2_and_says_what_would_be_right) {
    const std::vector<std::pair<std::string, std::string>> wrong{
        {"bus", "`bus` needs a command: events, flow"},
        {"bus agnets list", "'agnets' is not a command of `bus`; did you mean 'agents'?"},
        {"bus evnets", "did you mean 'events'"},
        {"bus events", "`bus events` needs a command: list, follow, show"},
        {"bus events lits", "did you mean 'list'"},
        {"bus --store sqlite:x dead-letters redirve", "did you mean 'redrive'"},
        {"bus events list --sinse 2h", "did you mean '--since'"},
        {"bus agents list --jsno", "did you mean '--json'"},
        {"bus events list --limit many", "--limit: 'many' is not a whole number (0 or more)"},
        {"bus events show", "EVENT"},
        {"bus agents lits", "'lits' is not a command of `bus agents`; did you mean 'list'?"},
        {"bus agents forget", "write it as `bus agents forget NAME [OPTIONS]`"},
        {"bus flow one two", "write it as `bus flow [EXECUTION] [OPTIONS]`"},
        {"bus backup", "write it as `bus backup FILE [OPTIONS]`"},
        {"bus dead-letters show biller", "`bus dead-letters show AGENT POSITION [OPTIONS]`"},
        {"bus dead-letters show biller x", "POSITION: 'x' is not a whole number (1 or more)"},
        {"bus dead-letters discard biller 0", "POSITION: '0' is not a whole number (1 or more)"},
        {"bus dead-letters list --kind odd", "transient,throttled,not_ready,rejected,poison"},
        {"bus requests --after x", "--after: 'x' is not a whole number (0 or more)"},
        {"bus verify --most -1", "--most: '-1' is not a whole number (0 or more)"},
        {"bus replay greeter --from 0", "--from: '0' is not a whole number (1 or more)"},
        {"bus replay greeter --wait -1",
         "--wait: '-1' is not a number of seconds: write 10, or 0.5"},
        {"bus completion fish", "bash"},
        {"bus events list --limit -1", "--limit: '-1' is not a whole number (0 or more)"},
        {"bus events list --from -3", "--from: '-3' is not a whole number (1 or more)"},
        {"bus events list --from 9 --to 5 --store $STORE", "--from 9 is after --to 5"},
        {"bus events follow --to 5 --store $STORE",
         "--to 5 is not ahead: the log ends at 26 already"},
        {"bus prune --before 0 --store $STORE", "or a position from 1 on"},
        {"bus prune", "write it as `bus prune --before TIME|POSITION [OPTIONS]`"},
        {"bus agents list --color pink", "--color"},
        {"bus agents --color pink", "bus: --color"},
        {"bus agents --store", "bus: --store"},
        {"bus agents list", "--store sqlite:PATH"},
        {"bus prune --before soon --store $STORE", "2026-11-23T12:00:00Z"}};
    for (const auto& [command, right] : wrong) {
        const Shell called = shell(command);
        BOOST_TEST(called.code == 2, command);
        BOOST_TEST(holds(called.out, right), command << ": " << called.out);
    }
}

BOOST_AUTO_TEST_CASE(the_store_is_named_by_option_anywhere_or_by_the_environment) {
    BOOST_TEST(shell("bus --store $STORE agents list").code == 0);
    BOOST_TEST(shell("bus agents --store $STORE list").code == 0);
    BOOST_TEST(shell("BUS_STORE=$STORE " BUS_PROGRAM " agents list").code == 0);
}

BOOST_AUTO_TEST_CASE(output_that_cannot_be_written_ends_with_5) {
    const Shell full = shell("bus events list --store $STORE >/dev/full");
    BOOST_TEST(full.code == 5);
    BOOST_TEST(holds(full.out, "standard output cannot be written"), full.out);
    BOOST_TEST(shell("bus export --store $STORE >/dev/full").code == 5);
    BOOST_TEST(shell("bus man >/dev/full").code == 5);
    BOOST_TEST(shell("bus --help >/dev/full").code == 5);
    BOOST_TEST(shell("bus export --store $STORE $FOLDER/no/where").code == 5);
}

BOOST_AUTO_TEST_CASE(a_reader_that_goes_away_is_not_an_error) {
    const Shell piped = shell("for i in {1..60}; do bus export --store $STORE; done >$FOLDER/many\n"
                              "bus import $FOLDER/many --store sqlite:$FOLDER/new.db >/dev/null\n"
                              "bus events list --json --limit 0 --store $STORE | true\n"
                              "echo ${PIPESTATUS[0]}");
    BOOST_TEST(piped.out == "0\n");
}

BOOST_AUTO_TEST_CASE(following_ends_when_its_reader_has_gone_even_if_nothing_new_is_committed) {
    const Shell piped = shell("bus events follow --from 1 --store $STORE | head -2 | wc -l\n"
                              "echo ${PIPESTATUS[0]}");
    BOOST_TEST(piped.out == "2\n0\n");
    // If standard output is closed from the beginning, there is no reader, and nothing is written.
    BOOST_TEST(shell("timeout 1 " BUS_PROGRAM " events follow --store $STORE >&-").code == 124);
}

BOOST_AUTO_TEST_CASE(the_version_can_be_asked_for_anywhere_on_the_line) {
    for (const char* words : {"-V", "--version", "agents --version"}) {
        const Shell version = shell(std::string{"bus "} + words);
        BOOST_TEST(version.code == 0);
        BOOST_TEST(version.out.find("bus of libbus 0.") == 0U, version.out);
    }
}

BOOST_AUTO_TEST_CASE(ctrl_c_ends_follow_with_130) {
    const Shell ended = shell("bus events follow --from 1 --store $STORE >$FOLDER/out &\n"
                              "for ((i = 0; i < 100000; ++i)); do\n"
                              "    [[ -s $FOLDER/out ]] && break\n"
                              "done\n"
                              "kill -TERM $(pgrep -P $!) 2>/dev/null || kill -TERM $!\n"
                              "wait $!; echo $?; wc -l <$FOLDER/out");
    BOOST_TEST(ended.out == "130\n26\n");
}

BOOST_AUTO_TEST_CASE(a_host_in_another_process_carries_requests_out) {
    const Shell asked =
        shell("coproc host\n"
              "read -r path <&${COPROC[0]}\n"
              "bus dead-letters redrive --all --why fixed --wait 30 --store sqlite:$path\n"
              "echo code $?\n"
              "bus prune --before 2 --wait 30 --store sqlite:$path; echo code $?\n"
              "bus agents forget biller --wait 30 --store sqlite:$path; echo code $?\n"
              "bus requests --store sqlite:$path\n"
              "exec {COPROC[1]}>&-\n"
              "wait");
    for (const char* word : {"1 redriven, by test_host (process ", "code 0\n", "code 3\n", "fixed",
                             "prune up to 1: 1 event removed, by test_host (process ",
                             "remove it before it is forgotten; refused by test_host"}) {
        BOOST_TEST(holds(asked.out, word), word << " in " << asked.out);
    }
}

BOOST_AUTO_TEST_CASE(colours_are_for_terminals_and_can_be_forced) {
    BOOST_TEST(!holds(shell("bus flow run-3 --store $STORE").out, "\x1b["));
    const Shell forced = shell("COLUMNS=30 bus flow run-3 --color always --store $STORE");
    BOOST_TEST(holds(forced.out, "\x1b[31m"), forced.out);
    BOOST_TEST(holds(forced.out, "…"), forced.out);
}

BOOST_AUTO_TEST_CASE(the_completion_for_bash_knows_every_command) {
    const Shell completed = shell(
        "source <(bus completion bash)\n"
        "export BUS_STORE=$STORE\n"
        "try() { COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _bus; echo \"${COMPREPLY[*]}\"; }\n"
        "try bus ev\n"
        "try bus events f\n"
        "try bus events list --st\n"
        "try bus --store sqlite : x dead-letters di\n"
        "try bus agents --color ''\n"
        "try bus agents forget b\n"
        "try bus dead-letters redrive --kind p\n"
        "try bus dead-letters redrive --gr\n"
        "groups=$(bus dead-letters list --json | cut -c 11-18 | sort | xargs)\n"
        "try bus dead-letters redrive --group '' | xargs -n 1 | sort | xargs |\n"
        "    grep -qx \"${groups:-none}\" && echo the groups\n"
        "try bus --store sq\n"
        "try bus completion b\n"
        "complete -p bus");
    BOOST_TEST(completed.out ==
               "events\nfollow\n--stream --store\ndiscard\nauto always never\n"
               "biller\npoison\n--group\nthe groups\nsqlite:\nbash\ncomplete -F _bus bus\n");
}

BOOST_AUTO_TEST_CASE(the_manual_page_has_every_command_and_option_of_the_help) {
    const Shell page = shell("bus man");
    BOOST_TEST(page.code == 0);
    const Shell words = shell(
        "for command in '' events 'events list' 'events follow' 'events show' flow agents \\\n"
        "    'agents forget' dead-letters 'dead-letters list' 'dead-letters redrive' prune \\\n"
        "    compact backup export import requests; do\n"
        "    bus $command --help |\n"
        "        sed -nE 's/^ +(-[a-z], *)?(--[a-z][a-z-]+).*/\\2/p; s/^  ([a-z][a-z-]+) "
        ".*/\\1/p'\n"
        "done | sort -u");
    std::istringstream in{words.out};
    std::size_t count = 0;
    for (std::string word; in >> word; ++count) {
        std::string spelt;
        for (const char letter : word) {
            spelt += letter == '-' ? std::string{"\\-"} : std::string{letter};
        }
        BOOST_TEST(holds(page.out, spelt), word);
    }
    BOOST_TEST(count > 25);
}

BOOST_AUTO_TEST_SUITE_END()
