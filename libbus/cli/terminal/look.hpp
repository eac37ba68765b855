#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace bus::terminal {

/// What the output can show. The default is that of a file or a pipe: no limit of width, no
/// colours, plain ASCII around the content.
struct Look {
    bool terminal = false; ///< it is a terminal: lines may be redrawn
    bool colours = false;  ///< ANSI colours
    bool utf8 = false;     ///< box-drawing characters and the ellipsis
    int width = 0;         ///< columns; 0 means no limit
};

/// Whether `stream` is a terminal.
bool is_terminal(std::FILE* stream) noexcept;

/// The number of columns of the terminal behind `stream`. If the terminal does not report it, the
/// environment variable COLUMNS counts, and without that it is 80.
int terminal_width(std::FILE* stream = stdout) noexcept;

/// How to print to `stream`. Colours are used only on a terminal, and not if NO_COLOR is set and
/// not empty (no-color.org) or TERM is `dumb`. The first of LC_ALL, LC_CTYPE and LANG that is set
/// decides whether UTF-8 is used. Reads the environment: call it before any thread changes that.
Look look_of(std::FILE* stream);

/// The same look with colours switched on, for a pager or to record what a terminal would show. If
/// it has no width, it gets that of COLUMNS, if that is set.
Look forced_look(Look look);

enum class Colour { none, red, green, yellow, blue, grey, bold };

/// `text` in a colour, or unchanged if the look has no colours.
std::string paint(std::string_view text, Colour colour, const Look& look);

} // namespace bus::terminal
