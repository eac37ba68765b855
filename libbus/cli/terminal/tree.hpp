#pragma once

#include <cli/terminal/look.hpp>

#include <string>
#include <vector>

namespace bus::terminal {

/// Some of a line, in one colour.
struct Piece {
    std::string text;
    Colour colour = Colour::none;
};

/// A node and what hangs below it, such as an event and the events that it caused.
struct Tree {
    std::string text;
    std::vector<Tree> children;
    std::vector<Piece> pieces{}; ///< what follows the text, in colours of its own
};

/// A tree as lines, each ending in a newline: box-drawing characters where the look has UTF-8, else
/// ASCII. Texts are made printable, and shortened to the look's width.
std::string render(const Tree& tree, const Look& look);

} // namespace bus::terminal
