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
    std::uint32_t attempts = 0; ///< successive attempts that were not ready count as one
    std::uint32_t failures = 0; ///< attempts that count for the retry policy
    bool not_ready = false;     ///< it waits because what it needs is not there yet
};

/// The sequences of one lane that are held up: for each a deferred delivery, and the events behind
/// it in order. Used only by the lane's consumer, or by a thread that knows that there is none.
class Parking {
public:
    /// One sequence that is held up.
    struct Line {
        std::string key{};
        std::optional<Deferred> head{}; ///< none: the first of `behind` may run next
        std::deque<std::shared_ptr<const DomainEvent>> behind{};
        bool ready = false;
        bool holds_some = false; ///< an event was parked since the sequence was held up
    };

    /// Returns the line of a sequence that is held up; nullptr: it is not.
    [[nodiscard]] Line* find(std::string_view key) noexcept;

    /// Puts an event behind those that hold up its sequence. Returns true if it is the first since
    /// the sequence was held up.
    bool park(Line& line, const DomainEvent& event);

    /// Makes a delivery wait at the head of its sequence. Returns its line.
    Line& defer(std::string key, Deferred&& deferred);

    /// The head of the sequence is due. Harmless if there is none.
    void make_ready(std::string_view key);

    /// Returns a line that may run now: its head, or the first event behind it if there is no head.
    /// nullptr: there is none.
    [[nodiscard]] Line* next_ready() noexcept { return ready_.empty() ? nullptr : ready_.front(); }

    /// Takes out the delivery that is about to run. The line stays where it is, and ready, until
    /// defer() is called for its key, or settle().
    Deferred take(Line& line);

    /// The delivery that was taken from the line is settled: the next one behind it may run.
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
