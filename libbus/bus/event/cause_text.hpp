#pragma once

#include <string>
#include <string_view>

namespace bus {

/// The part of a failure's message that is the same for each event with the same problem: each
/// number, id and time in it is replaced by `#`. Failures of one agent and kind belong to one group
/// if their cause texts are equal. The rules are:
///
/// - A date with a time (RFC 3339, also with a blank instead of the T) becomes `#`; so does a UUID.
/// - A number with its sign, separators, fraction and exponent becomes `#`. Letters right after it
///   stay, because they are its unit: `250ms` becomes `#ms`.
/// - A word of hexadecimal digits becomes `#` if it contains a decimal digit or has at least eight
///   digits. So does 0x with hexadecimal digits after it.
/// - Another word with several groups of digits is an id and becomes `#`. If a word has one group,
///   its letters stay: `SKU1234` becomes `SKU#`. Words consist of letters and digits.
///
/// All other text stays, also if it is quoted: the name of a missing member is the cause. Applying
/// the function to its own result changes nothing.
[[nodiscard]] std::string cause_text(std::string_view message);

} // namespace bus
