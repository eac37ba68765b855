#pragma once

#include <string>
#include <string_view>

namespace bus::terminal {

/// Columns that `text` takes on a terminal: one for most characters, none for combining marks, two
/// for East Asian wide ones and emoji (the common ranges of Unicode's East Asian Width, UAX #11). A
/// byte that is no UTF-8 counts one, as the replacement character would.
int display_width(std::string_view text) noexcept;

/// `text` made safe to print in one line: control characters (escape sequences, newlines, tabs)
/// become `?`, bytes that are no UTF-8 too. Data from outside must not drive the terminal.
std::string printable(std::string_view text);

/// `text` cut to at most `width` columns, with an ellipsis (`~` without UTF-8) where it was cut.
std::string shortened(std::string_view text, int width, bool utf8);

} // namespace bus::terminal
