#pragma once

/// Named places at which a test can kill, fail or delay the program. They exist only in a build
/// with LIBBUS_FAULT_POINTS (a CMake option, set by the preset `crash`). In any other build the
/// macros do nothing.
///
/// Environment variables choose what happens at these places, and where the results are written:
///
///     LIBBUS_FAULTS='commit.before_commit=kill@3, step.before=delay:20@1'
///     LIBBUS_FAULTS_TOLD=/tmp/told
///
/// A rule is `NAME=ACTION[@HIT]`. It applies to the hit with that number, counted from 1, or to
/// every hit if no number is given. ACTION is one of these:
/// - `kill`: the process sends SIGKILL to itself.
/// - `fail`: the place fails in its own way; only for places that can fail.
/// - `delay:MS`: waits that many milliseconds.
/// - `set-clock:S`: from then on, this process sees a wall clock that is S seconds ahead, or behind
///   if S is negative.
///
/// A rule that names no place of the program ends the program with a message, because it would test
/// nothing. LIBBUS_FAULTS_TOLD names a file. Before a kill it gets a line `killed NAME HIT`. When
/// the program ends normally, it gets a line `hits NAME COUNT` for each place of the program, also
/// for those that were never hit (`hits-or-fails` if the place can fail).
///
/// A fault point belongs in a function of a source file, not in a template or an inline function.
/// Two with the same name are one point. docs/decisions/0014-fault-points.md gives the reasons.

#ifdef LIBBUS_FAULT_POINTS

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bus::faults {

/// How often a point was hit so far.
struct PointStatus {
    std::string name{};
    /// Whether the rule `fail` is allowed here.
    bool can_fail = false;
    std::uint64_t hits = 0;
};

/// All points of the program, by name, also those that were never hit. Thread safe.
std::vector<PointStatus> points();

/// Replaces the rules with those in `rules`, which has the format of LIBBUS_FAULTS, and counts hits
/// from 0 again. Thread safe. Throws std::invalid_argument, which says what is wrong.
void choose(std::string_view rules);

/// How far this process's wall clock was set ahead; negative if it was set back. Thread safe.
std::chrono::seconds wall_clock_ahead() noexcept;

namespace detail {

/// One place in the source. All places lie side by side in a section of the program, so that they
/// can be listed before any of them is reached.
struct alignas(32) Place { // without this the compiler may pad between two of them
    const char* name;
    bool can_fail;
    std::atomic<void*> point; ///< looked up at the first hit
};

/// Returns true if the place should fail.
bool hit(Place& place);

} // namespace detail

} // namespace bus::faults

#define LIBBUS_FAULT_PLACE(NAME, CAN_FAIL)                                                         \
    [[gnu::section("libbus_faults"),                                                               \
      gnu::used]] static constinit ::bus::faults::detail::Place libbus_fault_place {               \
        NAME, CAN_FAIL, nullptr                                                                    \
    }

/// A test can kill or delay the program here.
#define LIBBUS_FAULT_POINT(NAME)                                                                   \
    do {                                                                                           \
        LIBBUS_FAULT_PLACE(NAME, false);                                                           \
        static_cast<void>(::bus::faults::detail::hit(libbus_fault_place));                         \
    } while (false)

/// A test can kill or delay the program here, or have the statement `FAILURE` executed. For places
/// that must not throw and report failures in another way.
#define LIBBUS_FAULT_POINT_FAILS(NAME, FAILURE)                                                    \
    do {                                                                                           \
        LIBBUS_FAULT_PLACE(NAME, true);                                                            \
        if (::bus::faults::detail::hit(libbus_fault_place)) {                                      \
            FAILURE;                                                                               \
        }                                                                                          \
    } while (false)

/// A test can kill or delay the program here, or have `EXCEPTION` thrown.
#define LIBBUS_FAULT_POINT_THROWS(NAME, EXCEPTION) LIBBUS_FAULT_POINT_FAILS(NAME, throw(EXCEPTION))

#else

#define LIBBUS_FAULT_POINT(NAME) static_cast<void>(0)
#define LIBBUS_FAULT_POINT_FAILS(NAME, FAILURE) static_cast<void>(0)
#define LIBBUS_FAULT_POINT_THROWS(NAME, EXCEPTION) static_cast<void>(0)

#endif
