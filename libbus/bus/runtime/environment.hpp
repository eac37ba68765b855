#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace bus {

/// A moment in UTC, in microseconds since 1970-01-01T00:00:00Z.
using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;

/// A length of time, in microseconds.
using Duration = std::chrono::microseconds;

/// The source of time and randomness: the part of the runtime that is needed to create an event.
/// All members are thread safe.
class Environment {
public:
    Environment() = default;
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;
    virtual ~Environment() = default;

    /// The wall clock, UTC.
    virtual Timestamp now() = 0;

    /// 64 random bits. Not for cryptography.
    virtual std::uint64_t random() = 0;

    /// A number that increases with every call, even if the clock stands still or steps back. The
    /// upper 48 bits are milliseconds since 1970, and the next 12 bits are fractions of a
    /// millisecond (RFC 9562, 6.2, method 3). Never returns the same value twice in the life of
    /// this object.
    std::uint64_t next_tick(Timestamp now) noexcept;

    /// The environment that stamps new events on this thread: the one that an AmbientEnvironment in
    /// scope on this thread has installed, or else the system's clock and random source.
    static Environment& ambient() noexcept;

private:
    std::atomic<std::uint64_t> last_tick_{0};
};

/// Installs an environment for the events created on this thread while the object is in scope.
/// Scopes nest.
class AmbientEnvironment {
public:
    /// Installs `environment`, which must outlive this object.
    explicit AmbientEnvironment(Environment& environment) noexcept;
    AmbientEnvironment(const AmbientEnvironment&) = delete;
    AmbientEnvironment& operator=(const AmbientEnvironment&) = delete;
    /// Restores the environment that was installed before.
    ~AmbientEnvironment();

private:
    Environment* previous_;
};

} // namespace bus
