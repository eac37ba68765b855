#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace bus::terminal {

/// What the place that we print to can show. The default is a file or a pipe: no width, no
/// colours, plain ASCII around the content.
struct Look {
    bool terminal = false; ///< somebody may be watching: lines may be redrawn
    bool colours = false;  ///< ANSI colours
    bool utf8 = false;     ///< box-drawing characters and the ellipsis
    int width = 0;         ///< columns; 0 means no limit
};

/// Whether `stream` is a terminal.
bool is_terminal(std::FILE* stream) noexcept;

/// Columns of the terminal behind `stream`: as the terminal says, else the environment's COLUMNS,
/// else 80.
int terminal_width(std::FILE* stream = stdout) noexcept;

/// How to print to `stream`. Colours only on a terminal, and not where NO_COLOR is set and not
/// empty (no-color.org) or TERM is `dumb`; UTF-8 as LC_ALL, LC_CTYPE or LANG say, the first that
/// is set. Reads the environment: call it before threads change that.
Look look_of(std::FILE* stream);

/// The look, with colours all the same: for a pager, or to record what a terminal would show. Where
/// it has no width, that of COLUMNS, if that is set.
Look forced_look(Look look);

enum class Colour { none, red, green, yellow, blue, grey, bold };

/// `text` in a colour, or as it is where the look has no colours.
std::string paint(std::string_view text, Colour colour, const Look& look);

} // namespace bus::terminal
