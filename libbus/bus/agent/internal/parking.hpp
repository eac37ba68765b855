#pragma once

#include <bus/event/domain_event.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace bus::internal {

/// A delivery that waits for its next attempt.
struct Deferred {
    std::shared_ptr<const DomainEvent> event{};
    std::uint32_t attempts = 0; ///< those in a row that were not ready count as one
    std::uint32_t failures = 0; ///< attempts that count for the retry policy
    bool not_ready = false;     ///< why it waits
};

/// The sequences of one lane that are held up: a deferred delivery, and what came behind it, in
/// order. Used by the lane's consumer, or by whoever knows that there is none.
class Parking {
public:
    struct Line {
        std::string key{};
        std::optional<Deferred> head{}; ///< none: the first of `behind` is next, and it may run
        std::deque<std::shared_ptr<const DomainEvent>> behind{};
        bool ready = false;
        bool holds_some = false; ///< something was parked since it began
    };

    /// What holds up this sequence, or nullptr.
    [[nodiscard]] Line* find(std::string_view key) noexcept;

    /// Puts an event behind what holds up its sequence. True: it is the first one since the
    /// sequence began to be held up.
    bool park(Line& line, const DomainEvent& event);

    /// A delivery waits from now on, at the head of its sequence. Returns its line.
    Line& defer(std::string key, Deferred&& deferred);

    /// The time of the sequence's head has come. Harmless where there is none.
    void make_ready(std::string_view key);

    /// A line whose head, or whose first event behind it where there is no head, may run now;
    /// nullptr: there is none.
    [[nodiscard]] Line* next_ready() noexcept { return ready_.empty() ? nullptr : ready_.front(); }

    /// Takes out what `next_ready` is about to run. The line stays where it is, and ready, until
    /// `defer` for its key or `settle`.
    Deferred take(Line& line);

    /// What was taken out of the line is settled: the next one behind it may run.
    void settle(Line& line);

    [[nodiscard]] bool empty() const noexcept { return lines_.empty(); }

    [[nodiscard]] std::size_t parked() const noexcept { return parked_; }

    [[nodiscard]] std::size_t deferred() const noexcept { return retrying_ + not_ready_; }

    [[nodiscard]] std::size_t retrying() const noexcept { return retrying_; }

    [[nodiscard]] std::size_t not_ready() const noexcept { return not_ready_; }

    void clear() noexcept;

private:
    std::map<std::string, Line, std::less<>> lines_;
    std::deque<Line*> ready_;
    std::size_t parked_ = 0;
    std::size_t retrying_ = 0;
    std::size_t not_ready_ = 0;
};

} // namespace bus::internal
