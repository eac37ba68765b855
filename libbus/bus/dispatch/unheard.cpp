#include <bus/dispatch/unheard.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <utility>

namespace bus {

namespace {

constexpr unsigned most_lines = 10; ///< in a second
constexpr Duration second = std::chrono::seconds{1};

const char* const where_to_hear =
    " (no observer receives this: connect one of bus::Observers, or set BusOptions::unheard to "
    "choose where such lines go; this hint is given once)";

std::string of_event(const DomainEvent& event) {
    return std::string{event.event_type()} + " (event " + to_text(event.event_id) + ')';
}

} // namespace

void Unheard::handler_failed(const DomainEvent& event, std::string_view handler,
                             const std::exception_ptr& error) noexcept {
    attempt([&] {
        const bool named = !handler.starts_with("handler "); // otherwise the name is its number
        return (named ? "handler " : "") + std::string{handler} + " failed on " + of_event(event) +
               ": " + Failure::from(error).what();
    });
}

void Unheard::giving_up_failed(const DomainEvent& event, std::string_view agent,
                               const Failure& failure) noexcept {
    attempt([&] {
        return "agent " + std::string{agent} + ": on_given_up of " + of_event(event) +
               " failed: " + failure.what();
    });
}

void Unheard::gave_up(const DomainEvent& event, std::string_view agent,
                      const Failure& failure) noexcept {
    attempt([&] {
        return "agent " + std::string{agent} + " gave up on " + of_event(event) + ": " +
               to_text(failure.kind()) + ": " + failure.what();
    });
}

void Unheard::trouble(std::string_view what) noexcept {
    attempt([&] { return std::string{what}; });
}

template <class Make>
void Unheard::attempt(Make make) noexcept {
    if (!say_) {
        return;
    }
    try {
        add(make());
    } catch (const std::exception&) {
        say("out of memory: something went wrong, and no more can be said about it");
    }
}

/// Writes a text as one line: control characters become blanks.
void Unheard::add(std::string line) noexcept {
    std::replace_if(
        line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
    std::optional<std::string> before;
    try {
        const std::lock_guard lock{mutex_};
        const SteadyTime now = ended_ ? SteadyTime{} : runtime_.steady_now();
        if (!second_ || now - *second_ >= second) {
            before = take_left_out();
            second_ = now;
            said_ = 0;
        }
        if (said_ == most_lines && !ended_) {
            if (++left_out_ == 1) {
                runtime_.schedule(second - (now - *second_), [weak = weak_from_this()] {
                    if (const auto self = weak.lock()) {
                        self->end_second();
                    }
                });
            }
            return;
        }
        ++said_;
        if (!std::exchange(told_where_, true)) {
            line += where_to_hear;
        }
    } catch (const std::exception&) {
        // The runtime has no timers any more, so the line is written at once.
    }
    if (before) {
        say(*before);
    }
    say(line);
}

/// Needs the lock.
std::optional<std::string> Unheard::take_left_out() {
    const std::uint64_t count = std::exchange(left_out_, 0);
    if (count == 0) {
        return std::nullopt;
    }
    return std::to_string(count) + (count == 1 ? " more line was" : " more lines were") +
           " left out within a second";
}

void Unheard::end_second() noexcept {
    std::optional<std::string> left_out;
    {
        const std::lock_guard lock{mutex_};
        left_out = take_left_out();
    }
    if (left_out) {
        say(*left_out);
    }
}

void Unheard::end() noexcept {
    {
        const std::lock_guard lock{mutex_};
        ended_ = true;
    }
    end_second();
}

void Unheard::say(std::string_view line) noexcept {
    try {
        say_(line);
    } catch (const std::exception& error) {
        say_on_stderr(line);
        say_on_stderr("BusOptions::unheard threw, so the line above was written here");
        say_on_stderr(error.what());
    } catch (...) {
        say_on_stderr(line);
        say_on_stderr("BusOptions::unheard threw, so the line above was written here");
    }
}

void say_on_stderr(std::string_view line) {
    static_cast<void>(
        std::fprintf(stderr, "libbus: %.*s\n", static_cast<int>(line.size()), line.data()));
}

} // namespace bus
