#pragma once

#include <bus/runtime/environment.hpp>

#include <boost/describe/enum.hpp>

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace bus {

struct EventRecord;

/// Why a step did not finish.
enum class FailureKind : std::uint8_t {
    transient, ///< may work at the next attempt: a timeout, a refused connection
    throttled, ///< the other side says when to try again
    not_ready, ///< something that the step needs does not exist yet; not an error
    rejected,  ///< will never work: it is useless to retry
    poison,    ///< the event itself breaks the step: it is unreadable, or the step's code is wrong
};

BOOST_DESCRIBE_ENUM(FailureKind, transient, throttled, not_ready, rejected, poison)

/// A step that cannot finish throws a Failure. The retry policy of its agent then decides what
/// happens to the event.
///
/// Other exceptions are converted: std::logic_error and CodecError to `poison`, any other
/// std::exception to `transient`, and an exception that is not a std::exception to `poison`.
///
/// If the business says no, that is not a failure but an outcome: emit an event and finish the
/// step.
class Failure : public std::runtime_error {
public:
    /// A failure of any kind; the functions below are easier to read. In the message, bytes that
    /// are not UTF-8 become U+FFFD, since the text of an exception may hold any bytes.
    Failure(FailureKind kind, const std::string& message, std::optional<Timestamp> until = {},
            std::optional<Duration> retry_after = {});

    /// A failure that may be gone at the next attempt.
    static Failure transient(const std::string& message);
    /// A failure because the other side asks for a pause. The next attempt is made `retry_after`
    /// from now; this overrides the policy's delay.
    static Failure throttled(const std::string& message, Duration retry_after);
    /// A failure that lasts until a known time. The next attempt is made at `until`; this overrides
    /// the policy's delay. The failed attempt does not count against the policy's limit. `until` is
    /// a time of the wall clock: if that clock is set, the attempt is made when it shows `until`.
    /// To wait for a length of time, use the other overload.
    static Failure not_ready(const std::string& message, Timestamp until);
    /// The same, but the next attempt is made `retry_after` from now, even if the wall clock is set
    /// in the meantime.
    static Failure not_ready(const std::string& message, Duration retry_after);
    /// A failure that no retry can cure.
    static Failure rejected(const std::string& message);
    /// A failure whose reason is the event itself, or the code of the step. It is not retried.
    static Failure poison(const std::string& message);

    /// The same failure, for an event that could not be read.
    [[nodiscard]] Failure of_unread(std::shared_ptr<const EventRecord> record) const;

    /// Converts an exception that a step threw, as described above.
    static Failure from(const std::exception_ptr& exception);

    /// Why the step did not finish.
    [[nodiscard]] FailureKind kind() const noexcept { return kind_; }

    /// The time of the next attempt, if the failure names one.
    [[nodiscard]] std::optional<Timestamp> until() const noexcept { return until_; }

    /// The delay before the next attempt, if the failure names one.
    [[nodiscard]] std::optional<Duration> retry_after() const noexcept { return retry_after_; }

    /// True if the next attempt is made at a time of the wall clock, false if after a delay.
    [[nodiscard]] bool waits_for_wall_clock() const noexcept {
        return kind_ == FailureKind::not_ready && until_.has_value();
    }

    /// The stored form of the event if it could not be read, else nullptr. If it could not be read,
    /// the event that accompanies the failure only represents it, and has default values in its
    /// members (stand_in.hpp).
    [[nodiscard]] const EventRecord* unread() const noexcept { return unread_.get(); }

private:
    FailureKind kind_;
    std::optional<Timestamp> until_;
    std::optional<Duration> retry_after_;
    std::shared_ptr<const EventRecord> unread_;
};

/// The name of the kind: `transient`, `not_ready`, ...
const char* to_text(FailureKind kind) noexcept;

} // namespace bus
