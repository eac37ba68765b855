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
    transient, ///< may well work next time: a timeout, a refused connection
    throttled, ///< the other side names when to come back
    not_ready, ///< what the step needs is not there yet; no fault of anybody's
    rejected,  ///< will never work: retrying is useless
    poison,    ///< the event itself breaks the step: it cannot be read, or the step's code is wrong
};

BOOST_DESCRIBE_ENUM(FailureKind, transient, throttled, not_ready, rejected, poison)

/// Thrown by a step that cannot finish: the retry policy of its agent decides what becomes of it.
/// Of other exceptions, std::logic_error and CodecError count as poison, the rest of std::exception
/// as transient, what is no std::exception as poison.
/// A business refusal is no failure but an outcome: emit an event and finish.
/// Its message is UTF-8: other bytes become U+FFFD, since exceptions may say anything.
class Failure : public std::runtime_error {
public:
    Failure(FailureKind kind, const std::string& message, std::optional<Timestamp> until = {},
            std::optional<Duration> retry_after = {});

    static Failure transient(const std::string& message);
    /// `retry_after`: from now; overrides the policy's delay.
    static Failure throttled(const std::string& message, Duration retry_after);
    /// `until`: the time of the next attempt; overrides the policy's delay, and does not count
    /// against its number of attempts. It is a time of the wall clock, whatever it was made of: if
    /// that is set, the attempt comes when it shows `until`. For a delay use the other one.
    static Failure not_ready(const std::string& message, Timestamp until);
    /// The same, but `retry_after` from now, whatever becomes of the wall clock.
    static Failure not_ready(const std::string& message, Duration retry_after);
    static Failure rejected(const std::string& message);
    static Failure poison(const std::string& message);

    /// The same failure, of an event that could not be read.
    [[nodiscard]] Failure of_unread(std::shared_ptr<const EventRecord> record) const;

    /// The failure that an exception of a step stands for.
    static Failure from(const std::exception_ptr& exception);

    [[nodiscard]] FailureKind kind() const noexcept { return kind_; }

    [[nodiscard]] std::optional<Timestamp> until() const noexcept { return until_; }

    [[nodiscard]] std::optional<Duration> retry_after() const noexcept { return retry_after_; }

    /// True: the next attempt comes at a time of the wall clock, not after a delay.
    [[nodiscard]] bool waits_for_wall_clock() const noexcept {
        return kind_ == FailureKind::not_ready && until_.has_value();
    }

    /// If the event could not be read, what is kept of it; the event that comes with the failure
    /// then only stands for it, and its members have their defaults (stand_in.hpp). Else nullptr.
    [[nodiscard]] const EventRecord* unread() const noexcept { return unread_.get(); }

private:
    FailureKind kind_;
    std::optional<Timestamp> until_;
    std::optional<Duration> retry_after_;
    std::shared_ptr<const EventRecord> unread_;
};

/// The kind's name as in the docs: `transient`, `not_ready`, ...
const char* to_text(FailureKind kind) noexcept;

} // namespace bus
