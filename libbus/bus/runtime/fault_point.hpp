#pragma once

/// Named places where a test can kill, fail or delay the program exactly there. They exist only in
/// a build with LIBBUS_FAULT_POINTS (the CMake option, the preset `crash`); in any other one the
/// macros are nothing at all.
///
/// What happens at them is chosen from outside, by the environment, and counted:
///
///     LIBBUS_FAULTS='commit.before_commit=kill@3, step.before=delay:20@1'
///     LIBBUS_FAULTS_TOLD=/tmp/told
///
/// A rule is NAME=ACTION[@HIT]: at the hit of that number, counted from 1, or without it at each.
/// ACTION is `kill` (SIGKILL to itself), `fail` (as the point does; only where it can), `delay:MS`,
/// or `set-clock:S`: from then on this process sees a wall clock that was set forward by so many
/// seconds, or back where negative. A rule that names no point of the program ends it with a
/// sentence: it would test nothing. LIBBUS_FAULTS_TOLD names a file that gets a line `killed NAME
/// HIT` before a kill, and at the program's orderly end a line `hits NAME COUNT` (`hits-or-fails`
/// where it can fail) for each of its points, those included that were never hit.
///
/// A point belongs into a function of a source file, not into a template or an inline function; two
/// of one name are one point. docs/decisions/0014-fault-points.md has the reasons.

#ifdef LIBBUS_FAULT_POINTS

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bus::faults {

/// What a point has seen so far.
struct PointStatus {
    std::string name{};
    bool can_fail = false;
    std::uint64_t hits = 0;
};

/// All points of the program, by name, hit or not. Thread safe.
std::vector<PointStatus> points();

/// Replaces the rules by those of a text as LIBBUS_FAULTS holds it, and counts hits from 0 again.
/// Thread safe. Throws std::invalid_argument, which says what is wrong.
void choose(std::string_view rules);

/// How far this process's wall clock was set forward. Thread safe.
std::chrono::seconds wall_clock_ahead() noexcept;

namespace detail {

/// One place in a source. All of them lie side by side in a section of the program, so that they
/// can be listed before any is reached.
struct alignas(32) Place { // else the compiler may pad between two of them
    const char* name;
    bool can_fail;
    std::atomic<void*> point; ///< looked up when first hit
};

/// True: the place is to fail.
bool hit(Place& place);

} // namespace detail

} // namespace bus::faults

#define LIBBUS_FAULT_PLACE(NAME, CAN_FAIL)                                                         \
    [[gnu::section("libbus_faults"),                                                               \
      gnu::used]] static constinit ::bus::faults::detail::Place libbus_fault_place {               \
        NAME, CAN_FAIL, nullptr                                                                    \
    }

/// Here a test can kill or delay.
#define LIBBUS_FAULT_POINT(NAME)                                                                   \
    do {                                                                                           \
        LIBBUS_FAULT_PLACE(NAME, false);                                                           \
        static_cast<void>(::bus::faults::detail::hit(libbus_fault_place));                         \
    } while (false)

/// Here a test can kill, delay, or have the statement `FAILURE` done: for places that must not
/// throw, whose failures come another way.
#define LIBBUS_FAULT_POINT_FAILS(NAME, FAILURE)                                                    \
    do {                                                                                           \
        LIBBUS_FAULT_PLACE(NAME, true);                                                            \
        if (::bus::faults::detail::hit(libbus_fault_place)) {                                      \
            FAILURE;                                                                               \
        }                                                                                          \
    } while (false)

/// Here a test can kill, delay, or have `EXCEPTION` thrown.
#define LIBBUS_FAULT_POINT_THROWS(NAME, EXCEPTION) LIBBUS_FAULT_POINT_FAILS(NAME, throw(EXCEPTION))

#else

#define LIBBUS_FAULT_POINT(NAME) static_cast<void>(0)
#define LIBBUS_FAULT_POINT_FAILS(NAME, FAILURE) static_cast<void>(0)
#define LIBBUS_FAULT_POINT_THROWS(NAME, EXCEPTION) static_cast<void>(0)

#endif
