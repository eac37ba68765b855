#pragma once

#include <array>
#include <stdexcept>
#include <utility>

/// How a command ends. What it throws becomes a sentence on standard error and one of these codes.
namespace bus::cli {

namespace exit_code {

inline constexpr int done = 0;
inline constexpr int found = 1; ///< what was named is not there; `verify`: damage was found
inline constexpr int usage = 2;
inline constexpr int store = 3;  ///< cannot be opened, read or written, or is in use
inline constexpr int input = 4;  ///< cannot be read, or was refused
inline constexpr int output = 5; ///< could not be written whole
inline constexpr int queued = 6; ///< the running host has not carried out the request yet, or of
                                 ///< a replay only begun: it does not run the agent
inline constexpr int incomplete = 7; ///< something had to be left out
inline constexpr int interrupted = 130;

/// What each of them says to whoever called.
inline constexpr std::array<std::pair<int, const char*>, 9> meanings{{
    {done, "done"},
    {found, "what was named is not there; of verify: damage was found"},
    {usage, "wrong use"},
    {store, "the store cannot be used, is in use, or refuses"},
    {input, "input cannot be read, or is refused"},
    {output, "output cannot be written"},
    {queued,
     "the running host has not carried the request out yet, or does not run the agent to replay"},
    {incomplete, "of export --salvage: something could not be saved, and was left out"},
    {interrupted, "ended by Ctrl-C"},
}};

} // namespace exit_code

/// Wrong use; the message says what would be right.
class UsageError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// What was named is not there.
class NotFound : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Input that cannot be read or taken; the message names the place.
class InputError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Output that could not be written.
class OutputError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Whoever was reading our output has gone, as `head` does: no failure of ours.
class ReaderGone : public OutputError {
public:
    using OutputError::OutputError;
};

/// The user has asked for the end.
class Interrupted : public std::runtime_error {
public:
    Interrupted() : std::runtime_error{"interrupted"} {}
};

} // namespace bus::cli
