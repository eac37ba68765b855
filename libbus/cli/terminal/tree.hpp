#pragma once

#include <cli/terminal/look.hpp>

#include <string>
#include <vector>

namespace bus::terminal {

/// A part of a line, in one colour.
struct Piece {
    std::string text;
    Colour colour = Colour::none;
};

/// A node and its children, such as an event and the events that it caused.
struct Tree {
    std::string text;
    std::vector<Tree> children;
    std::vector<Piece> pieces{}; ///< printed after the text, each in its own colour
};

/// A tree as lines, each ending with a newline. It is drawn with box-drawing characters if the look
/// has UTF-8, else with ASCII. Texts are made printable and shortened to the look's width.
std::string render(const Tree& tree, const Look& look);

} // namespace bus::terminal
