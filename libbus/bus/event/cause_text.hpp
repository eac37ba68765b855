#pragma once

#include <string>
#include <string_view>

namespace bus {

/// What a failure's message has in common with those of the same cause: each number, id and time in
/// it becomes `#`. Failures of one agent and kind are one group if their cause texts are equal.
///
/// - A date with a time (RFC 3339, with a blank for the T too), and a UUID: `#`.
/// - A number with its sign, separators, fraction and exponent: `#`. The letters right behind it
///   stay, for they are its unit: `250ms` is `#ms`.
/// - A word of hexadecimal digits with a decimal digit in it, or of at least eight of them, and
///   what begins with 0x: `#`.
/// - A word with several groups of digits is an id, `#`. Of a word with one group the letters stay:
///   `SKU1234` is `SKU#`. Words end where a character is neither a letter nor a digit.
///
/// All else stays, also what is quoted: the name of a member that is missing is the cause. A text
/// that was made by this function is left as it is.
[[nodiscard]] std::string cause_text(std::string_view message);

} // namespace bus
