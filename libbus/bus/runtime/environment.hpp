#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace bus {

/// A moment in UTC, in microseconds since 1970-01-01T00:00:00Z.
using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;

/// A length of time as agents and policies count it, in microseconds.
using Duration = std::chrono::microseconds;

/// Where time and randomness come from: the part of the runtime that an event needs to be made.
/// All members are safe to call from any thread.
class Environment {
public:
    Environment() = default;
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;
    virtual ~Environment() = default;

    /// The wall clock, UTC.
    virtual Timestamp now() = 0;

    /// 64 random bits; not for cryptography.
    virtual std::uint64_t random() = 0;

    /// A number that grows with every call, also when the clock stands still or steps back: the
    /// upper 48 bits are milliseconds since 1970, the lower 12 bits parts of a millisecond
    /// (RFC 9562, 6.2, method 3). Never returns the same value twice in the life of this object.
    std::uint64_t next_tick(Timestamp now) noexcept;

    /// The environment that new events on this thread are stamped from: the one installed by an
    /// AmbientEnvironment in scope on this thread, else the system's clock and random source.
    static Environment& ambient() noexcept;

private:
    std::atomic<std::uint64_t> last_tick_{0};
};

/// Installs an environment for the events made on this thread while in scope; scopes nest.
class AmbientEnvironment {
public:
    explicit AmbientEnvironment(Environment& environment) noexcept;
    AmbientEnvironment(const AmbientEnvironment&) = delete;
    AmbientEnvironment& operator=(const AmbientEnvironment&) = delete;
    ~AmbientEnvironment();

private:
    Environment* previous_;
};

} // namespace bus
