#pragma once

#include <string>
#include <string_view>

namespace bus::terminal {

/// The number of columns that `text` takes on a terminal. Most characters take one, combining marks
/// take none, and wide East Asian characters and emoji take two (the common ranges of Unicode's
/// East Asian Width, UAX #11). A byte that is not UTF-8 takes one, as the replacement character.
int display_width(std::string_view text) noexcept;

/// `text` made safe to print in one line: control characters (escape sequences, newlines, tabs) and
/// bytes that are not UTF-8 become `?`. Data from outside must not control the terminal.
std::string printable(std::string_view text);

/// `text` cut to at most `width` columns, with an ellipsis (`~` without UTF-8) where it was cut.
std::string shortened(std::string_view text, int width, bool utf8);

} // namespace bus::terminal
