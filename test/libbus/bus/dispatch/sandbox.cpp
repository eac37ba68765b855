// Programs whose sandbox does not let them call membarrier(2).
#include "test/support/needs.hpp"
#include <bus/dispatch/internal/fence.hpp>

#include <boost/test/unit_test.hpp>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace {

/// From now on, each membarrier(2) of this process and its children results in `verdict`.
bool filter_membarrier(std::uint32_t verdict) {
    constexpr std::uint32_t allow = SECCOMP_RET_ALLOW;
    std::array<sock_filter, 4> program{{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, verdict),
        BPF_STMT(BPF_RET | BPF_K, allow),
    }};
    const sock_fprog filter{program.size(), program.data()};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

constexpr int no_filter = 77;

/// How the tests of dispatch end under a filter, in the form of waitpid().
int run_filtered(std::uint32_t verdict, bool switched_off) {
    const pid_t child = ::fork();
    if (child == 0) {
        if (switched_off) {
            ::setenv("LIBBUS_NO_MEMBARRIER", "1", 1);
        } else {
            ::unsetenv("LIBBUS_NO_MEMBARRIER");
        }
        if (!filter_membarrier(verdict)) {
            ::_exit(no_filter);
        }
        ::execl(LIBBUS_DISPATCH_TESTS, LIBBUS_DISPATCH_TESTS, "--run_test=threads,barrier,handlers",
                "--log_level=nothing", "--report_level=no", nullptr);
        ::_exit(127);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
}

bool can_filter() {
    const pid_t child = ::fork();
    if (child == 0) {
        ::_exit(filter_membarrier(SECCOMP_RET_ALLOW) ? 0 : no_filter);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

} // namespace

BOOST_AUTO_TEST_SUITE(sandbox, *test::needs("seccomp filters", can_filter))

BOOST_AUTO_TEST_CASE(if_membarrier_is_refused_publishes_use_fences_and_keep_all_promises) {
    const int status = run_filtered(SECCOMP_RET_ERRNO | EPERM, false);
    BOOST_TEST(WIFEXITED(status));
    BOOST_TEST(WEXITSTATUS(status) == 0);
}

BOOST_AUTO_TEST_CASE(membarrier_that_is_switched_off_is_never_called) {
    const int status = run_filtered(SECCOMP_RET_KILL_PROCESS, true);
    BOOST_TEST(WIFEXITED(status));
    BOOST_TEST(WEXITSTATUS(status) == 0);
}

BOOST_AUTO_TEST_CASE(without_the_switch_a_sandbox_that_kills_on_membarrier_ends_the_program) {
    const int status = run_filtered(SECCOMP_RET_KILL_PROCESS, false);
#ifdef BUS_NO_FENCES // the thread sanitizer's build fences always
    BOOST_TEST(WIFEXITED(status));
#else
    BOOST_TEST(WIFSIGNALED(status));
    BOOST_TEST(WTERMSIG(status) == SIGSYS);
#endif
}

BOOST_AUTO_TEST_SUITE_END()
