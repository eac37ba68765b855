#include <bus/runtime/system_environment.hpp>

#include <cli/console.hpp>
#include <cli/errors.hpp>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <limits>
#include <utility>

namespace bus::cli {

namespace {

constexpr std::size_t most_buffered = std::size_t{64} * 1024;

constexpr const char* reader_gone = "the program that read standard output has ended";

volatile std::sig_atomic_t signals = 0;

extern "C" void on_signal(int /*signal*/) {
    if (signals > 0) {
        _exit(exit_code::interrupted);
    }
    signals = signals + 1;
}

void handle(int signal, void (*handler)(int)) {
    struct sigaction action {};

    action.sa_handler = handler;
    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, nullptr);
}

/// Writes the whole text. Returns 0, or the errno of the failed write.
int write_all(int file, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(file, text.data(), text.size());
        if (written < 0 && errno != EINTR) {
            return errno;
        }
        text.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
    return 0;
}

} // namespace

SystemConsole::SystemConsole()
    : out_look_{terminal::look_of(stdout)}, err_look_{terminal::look_of(stderr)} {
    // Without the signal, write() reports a closed pipe as EPIPE, which is not treated as an error.
    handle(SIGPIPE, SIG_IGN);
}

SystemConsole::~SystemConsole() {
    write_all(STDOUT_FILENO, buffer_);
}

void SystemConsole::out(std::string_view text) {
    buffer_ += text;
    if (buffer_.size() >= most_buffered) {
        flush();
    }
}

void SystemConsole::err(std::string_view text) {
    flush();
    // If this fails, there is nowhere left to report it.
    write_all(STDERR_FILENO, text);
}

void SystemConsole::flush() {
    const std::string text = std::exchange(buffer_, {});
    if (const int error = write_all(STDOUT_FILENO, text); error == EPIPE) {
        throw ReaderGone{reader_gone};
    } else if (error != 0) {
        throw OutputError{std::string{"standard output cannot be written ("} +
                          std::strerror(error) + "): the output is incomplete"};
    }
}

std::istream& SystemConsole::in() {
    return std::cin;
}

Timestamp SystemConsole::now() {
    return SystemEnvironment::instance().now();
}

void SystemConsole::pause(Duration time) {
    const auto millis = static_cast<int>(
        std::clamp<std::int64_t>(std::chrono::ceil<std::chrono::milliseconds>(time).count(), 0,
                                 std::numeric_limits<int>::max()));
    // A signal ends the wait early, and so does a reader that closes the pipe. Without poll() a
    // closed pipe would be noticed only at the next write, which may never come.
    pollfd reader{.fd = out_is_open_ ? STDOUT_FILENO : -1, .events = 0, .revents = 0};
    if (::poll(&reader, 1, millis) <= 0) {
        return;
    }
    if ((reader.revents & (POLLERR | POLLHUP)) != 0) {
        throw ReaderGone{reader_gone};
    }
    out_is_open_ = false;
    pause(time);
}

void SystemConsole::watch_interrupts() {
    handle(SIGINT, on_signal);
    handle(SIGTERM, on_signal);
}

bool SystemConsole::interrupted() {
    return signals > 0;
}

} // namespace bus::cli
