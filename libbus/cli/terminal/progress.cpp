#include <cli/terminal/format.hpp>
#include <cli/terminal/progress.hpp>
#include <cli/terminal/text.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace bus::terminal {

namespace {

constexpr std::chrono::milliseconds redraw_every{100};

/// The rate is measured over this time, so that the time left follows changes of speed.
constexpr std::chrono::seconds rate_window{10};
constexpr std::chrono::milliseconds sample_every{250};

constexpr std::string_view wipe_line = "\r\x1b[K";

} // namespace

Progress::Progress(Sink sink, Look look, ProgressOptions options, Time now)
    : sink_(std::move(sink)), look_(look), options_(std::move(options)) {
    samples_.push_back({now, 0});
    // In a file or a pipe, the first line comes after the first interval.
    if (!look_.terminal)
        drawn_at_ = now;
}

Progress::~Progress() {
    wipe();
}

void Progress::update(std::int64_t done, Time now, std::string_view note) {
    if (!look_.terminal && options_.line_every.count() <= 0)
        return;
    remember(done, now);
    const std::chrono::nanoseconds pause = look_.terminal ? redraw_every : options_.line_every;
    if (drawn_at_ && now - *drawn_at_ < pause)
        return;
    drawn_at_ = now;
    if (!look_.terminal) {
        sink_(text(done, note) + '\n');
        return;
    }
    // Leave the last column free: some terminals wrap when it is used.
    const int room = look_.width > 1 ? look_.width - 1 : 79;
    sink_(std::string(wipe_line) + shortened(text(done, note), room, look_.utf8));
    visible_ = true;
}

void Progress::wipe() {
    if (!visible_)
        return;
    sink_(wipe_line);
    visible_ = false;
    drawn_at_.reset();
}

void Progress::remember(std::int64_t done, Time now) {
    // The newest sample is always current; older samples are at least `sample_every` apart.
    if (samples_.size() > 1 && now - samples_[samples_.size() - 2].time < sample_every) {
        samples_.back() = {now, done};
    } else {
        samples_.push_back({now, done});
    }
    while (samples_.size() > 2 && now - samples_[1].time >= rate_window)
        samples_.pop_front();
}

std::string Progress::text(std::int64_t done, std::string_view note) const {
    const std::chrono::duration<double> elapsed = samples_.back().time - samples_.front().time;
    const auto gained = static_cast<double>(samples_.back().done - samples_.front().done);
    const double rate = elapsed.count() > 0 ? std::max(0.0, gained / elapsed.count()) : 0;

    std::string result = options_.what + ' ' + format_count(done);
    if (options_.total)
        result += '/' + format_count(*options_.total);
    result += "  " + format_rate(rate);
    if (options_.total && *options_.total > 0) {
        const double share =
            100.0 * static_cast<double>(done) / static_cast<double>(*options_.total);
        result += fmt::format("  {:.0f} %", std::floor(std::clamp(share, 0.0, 100.0)));
        const double left = static_cast<double>(*options_.total - done);
        constexpr double longest_shown = 100.0 * 24 * 3600;
        if (left > 0 && rate > 0 && left / rate < longest_shown) {
            const std::chrono::duration<double> time_left(left / rate);
            result +=
                "  " +
                format_duration(std::chrono::duration_cast<std::chrono::nanoseconds>(time_left)) +
                " left";
        }
    }
    if (!note.empty())
        result += "  " + std::string(note);
    return printable(result);
}

Progress::Sink write_to(std::FILE* stream) {
    return [stream](std::string_view text) {
        // Errors are ignored: the work goes on even if its progress cannot be shown.
        static_cast<void>(std::fwrite(text.data(), 1, text.size(), stream));
        static_cast<void>(std::fflush(stream));
    };
}

} // namespace bus::terminal
