#pragma once

#include <cli/terminal/look.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace bus::terminal {

/// Settings of a progress line.
struct ProgressOptions {
    std::string what = "orders";         ///< the things that are counted
    std::optional<std::int64_t> total{}; ///< empty if unknown
    /// In a file or a pipe: a new line is printed after each such interval; 0: no lines.
    std::chrono::nanoseconds line_every{0};
};

/// One line that shows how far a long run is: done of total, rate, time left. On a terminal the
/// line is redrawn in place, at most ten times a second, and wiped at the end. The caller passes
/// the time; nothing here reads a clock. Not thread safe.
class Progress {
public:
    using Time = std::chrono::steady_clock::time_point;
    /// Writes a text. It must not throw when the progress line is destroyed.
    using Sink = std::function<void(std::string_view)>;

    /// @param now when the work began
    Progress(Sink sink, Look look, ProgressOptions options, Time now);

    /// Wipes the line.
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// Sets how much is done, and redraws the line if it is time to.
    /// @param note something short to show at the end of the line
    void update(std::int64_t done, Time now, std::string_view note = {});

    /// Sets the total once it is known.
    void set_total(std::int64_t total) { options_.total = total; }

    /// Adapts to a resized terminal.
    void set_width(int columns) { look_.width = columns; }

    /// Wipes the line, so that something else may be printed; the next update draws it anew.
    void wipe();

private:
    struct Sample {
        Time time;
        std::int64_t done;
    };

    void remember(std::int64_t done, Time now);
    std::string text(std::int64_t done, std::string_view note) const;

    Sink sink_;
    Look look_;
    ProgressOptions options_;
    std::deque<Sample> samples_;
    std::optional<Time> drawn_at_;
    bool visible_ = false;
};

/// A sink that writes to `stream` and flushes it. The stream must outlive the sink.
Progress::Sink write_to(std::FILE* stream);

} // namespace bus::terminal
