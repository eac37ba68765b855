#pragma once

#include <array>
#include <stdexcept>
#include <utility>

/// How a command ends. An exception becomes a sentence on standard error and one of these codes.
namespace bus::cli {

namespace exit_code {

inline constexpr int done = 0;
inline constexpr int found = 1; ///< the thing named does not exist; `verify`: found damage
inline constexpr int usage = 2;
inline constexpr int store = 3;  ///< the store cannot be opened, read or written, or is in use
inline constexpr int input = 4;  ///< the input cannot be read, or was refused
inline constexpr int output = 5; ///< the output could not be written completely
inline constexpr int queued = 6; ///< the running host has not carried out the request yet, or has
                                 ///< only begun a replay, because it does not run the agent
inline constexpr int incomplete = 7; ///< something had to be left out
inline constexpr int interrupted = 130;

/// The codes with their meanings, as the help lists them.
inline constexpr std::array<std::pair<int, const char*>, 9> meanings{{
    {done, "done"},
    {found, "what was named does not exist; verify: damage was found"},
    {usage, "wrong use"},
    {store, "the store cannot be used, is in use, or refuses"},
    {input, "input cannot be read, or is refused"},
    {output, "output cannot be written"},
    {queued,
     "the running host has not carried the request out yet, or does not run the agent to replay"},
    {incomplete, "export --salvage: something could not be saved, and was left out"},
    {interrupted, "ended by Ctrl-C"},
}};

} // namespace exit_code

/// Wrong use; the message says what would be right.
class UsageError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The thing that the user named does not exist.
class NotFound : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Input that cannot be read or accepted; the message names the place.
class InputError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Output that could not be written.
class OutputError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The reader of our output is gone, such as `head` in a pipe. This is not an error.
class ReaderGone : public OutputError {
public:
    using OutputError::OutputError;
};

/// The user has asked the command to end.
class Interrupted : public std::runtime_error {
public:
    Interrupted() : std::runtime_error{"interrupted"} {}
};

} // namespace bus::cli
