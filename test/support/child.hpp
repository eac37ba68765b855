#pragma once

#include "test/support/leaks_in_children.hpp"
#include "test/support/sanitized.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace test {

/// How a child process ends after it has run its function.
enum class ChildEnd : bool {
    at_once, ///< by _exit()
    in_full, ///< by exit(), which destroys static objects
};

/// A child of fork() that runs a function and reports the result. If it takes longer than ten
/// seconds (more under the sanitizers), it counts as hung.
class Child {
public:
    /// `act` returns what the child reports. If it throws, the child reports the exception.
    template <class Act>
    explicit Child(Act act, ChildEnd end = ChildEnd::at_once) {
        std::array<int, 2> ends{};
        if (::pipe(ends.data()) != 0) {
            throw std::runtime_error{"cannot make a pipe"};
        }
        static_cast<void>(std::fflush(nullptr)); // else the child writes it too
        process_ = ::fork();
        if (process_ == 0) {
            ::alarm(limit);
            std::signal(SIGALRM, SIG_DFL);
            say(ends[1], said_by(std::move(act)));
            if (end == ChildEnd::in_full) {
                std::exit(0); // NOLINT(concurrency-mt-unsafe): this is what is tested
            }
            ::_exit(0);
        }
        ::close(ends[1]);
        listening_ = ends[0];
    }

    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    ~Child() {
        if (process_ > 0) {
            ::kill(process_, SIGKILL);
            ::waitpid(process_, nullptr, 0);
        }
        ::close(listening_);
    }

    /// Waits for the child. Returns its report, or how it ended if it did not end as expected.
    std::string wait() {
        std::string said;
        std::array<char, 512> buffer{};
        for (ssize_t size = 0; (size = ::read(listening_, buffer.data(), buffer.size())) > 0;) {
            said.append(buffer.data(), static_cast<std::size_t>(size));
        }
        int status = 0;
        ::waitpid(std::exchange(process_, 0), &status, 0);
        if (WIFSIGNALED(status)) {
            return said + (WTERMSIG(status) == SIGALRM
                               ? " (it hung)"
                               : " (signal " + std::to_string(WTERMSIG(status)) + ")");
        }
        return WEXITSTATUS(status) == 0
                   ? said
                   : said + " (exit " + std::to_string(WEXITSTATUS(status)) + ")";
    }

    [[nodiscard]] pid_t process() const noexcept { return process_; }

private:
    static constexpr unsigned limit = sanitized ? 60 : 10;

    template <class Act>
    static std::string said_by(Act act) {
        try {
            return act();
        } catch (const std::exception& error) {
            return std::string{"it threw: "} + error.what();
        }
    }

    static void say(int to, std::string_view what) {
        while (!what.empty()) {
            const ssize_t written = ::write(to, what.data(), what.size());
            if (written <= 0) {
                break;
            }
            what.remove_prefix(static_cast<std::size_t>(written));
        }
        ::close(to);
    }

    pid_t process_ = 0;
    int listening_ = -1;
};

/// The report of a child that runs `act`.
template <class Act>
std::string in_child(Act act, ChildEnd end = ChildEnd::at_once) {
    return Child{std::move(act), end}.wait();
}

} // namespace test
