// A host that forks in the usual ways of programs: fork_host MODE PATH. Each process has a time
// limit; reports go to standard output.
#include "test/support/bus_events.hpp"
#include "test/support/leaks_in_children.hpp"
#include <bus/bus.hpp>
#include <bus/store/sqlite_store.hpp>

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <exception>
#include <iostream>
#include <string>

namespace {

constexpr unsigned seconds_at_most = 30;

void try_to_publish(bus::Bus& bus) {
    try {
        bus.publish(test::ping("child"));
        std::cout << "published\n";
    } catch (const std::logic_error& error) {
        std::cout << "refused: " << error.what() << '\n';
    }
}

/// Waits for a child, and continues.
void go_on(bus::Bus& bus, pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    std::cout << "child: exit " << (WIFEXITED(status) ? WEXITSTATUS(status) : -1) << '\n';
    std::cout << "parent: " << bus.publish(test::ping("parent")).position << '\n';
    bus.stop(bus::Stop::drain);
}

/// The host dies, and leaves a child that does not use its bus.
[[noreturn]] void leave_a_child(bool handlers) {
    const auto child = handlers ? ::fork() : static_cast<pid_t>(::syscall(SYS_fork));
    if (child == 0) {
        ::alarm(seconds_at_most);
        std::cout << "child " << ::syscall(SYS_getpid) << std::endl;
        ::close(STDOUT_FILENO);
        for (;;) {
            ::pause();
        }
    }
    ::raise(SIGKILL);
    std::abort();
}

int run(const std::string& mode, const std::string& path) {
    const std::shared_ptr<bus::EventStore> store =
        bus::SqliteStore::open({.path = path, .program = "fork_host"});
    bus::Bus bus{{.store = store}};
    bus.publish(test::ping("before"));
    if (mode == "leave" || mode == "leave_raw") {
        leave_a_child(mode == "leave");
    }
    if (mode == "daemon") {
        std::cout << std::flush;
        if (::daemon(1, 1) != 0) {
            return 9;
        }
        ::alarm(seconds_at_most);
        try_to_publish(bus);
        return 0; // the destructors of the daemon
    }
    std::cout << std::flush;
    const pid_t child = ::fork();
    if (child != 0) {
        go_on(bus, child);
        return 0;
    }
    ::alarm(seconds_at_most);
    try_to_publish(bus);
    if (mode == "exit") {
        std::cout << std::flush;
        std::exit(0); // NOLINT(concurrency-mt-unsafe): as programs do
    }
    return 0; // from main, through all destructors
}

} // namespace

int main(int argc, char** argv) {
    ::alarm(seconds_at_most);
    try {
        return argc == 3 ? run(argv[1], argv[2]) : 2;
    } catch (const std::exception& error) {
        std::cout << "threw: " << error.what() << '\n';
        return 3;
    }
}
