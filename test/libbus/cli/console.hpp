#pragma once

#include <bus/runtime/system_environment.hpp>

#include <cli/console.hpp>
#include <cli/program.hpp>

#include <functional>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace test {

/// A console that keeps what is printed. Its time advances only in pauses, during which `on_pause`
/// is called, and by `tick` at each reading, unless it follows the system's clock.
class TestConsole final : public bus::cli::Console {
public:
    void out(std::string_view text) override { printed += text; }

    void err(std::string_view text) override { complaints += text; }

    void flush() override {}

    std::istream& in() override { return input; }

    [[nodiscard]] bus::terminal::Look out_look() const override { return look; }

    [[nodiscard]] bus::terminal::Look err_look() const override { return {}; }

    bus::Timestamp now() override {
        time += tick;
        return follows_clock ? bus::SystemEnvironment::instance().now() : time;
    }

    void pause(bus::Duration length) override {
        time += length;
        if (on_pause) {
            on_pause();
        }
        if (follows_clock) {
            std::this_thread::yield();
        }
    }

    void watch_interrupts() override {}

    [[nodiscard]] bool interrupted() override { return wants_end; }

    std::string printed;
    std::string complaints;
    std::istringstream input;
    bus::terminal::Look look;
    bus::Timestamp time{};
    bus::Duration tick{};
    bool follows_clock = false;
    bool wants_end = false;
    std::function<void()> on_pause;
};

inline bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// The result of a call of the program.
struct Called {
    int code = -1;
    std::string out;
    std::string err;
};

/// Runs the program in this process.
inline Called call(TestConsole& console, const std::vector<std::string>& arguments) {
    console.printed.clear();
    console.complaints.clear();
    const int code = bus::cli::run(arguments, console);
    return {code, console.printed, console.complaints};
}

/// With --progress and a clock that advances three seconds at each reading, so that each line of
/// progress is printed.
inline Called call_with_progress(TestConsole& console, std::vector<std::string> arguments) {
    console.tick = std::chrono::seconds{3};
    arguments.emplace_back("--progress");
    return call(console, arguments);
}

inline Called call(const std::vector<std::string>& arguments) {
    TestConsole console;
    return call(console, arguments);
}

} // namespace test
