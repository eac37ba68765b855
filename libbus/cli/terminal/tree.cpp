#include <cli/terminal/text.hpp>
#include <cli/terminal/tree.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace bus::terminal {

namespace {

struct Branches {
    const char* child;
    const char* last_child;
    const char* pass_by;
    const char* nothing;
};

constexpr Branches drawn{"\xE2\x94\x9C\xE2\x94\x80 ", "\xE2\x94\x94\xE2\x94\x80 ", "\xE2\x94\x82  ",
                         "   "};
constexpr Branches ascii{"|- ", "`- ", "|  ", "   "};

struct Painter {
    const Look& look;
    const Branches& branches;
    std::string result;

    void line(const std::string& lead, const Tree& node) {
        std::vector<Piece> pieces{{printable(node.text), Colour::none}};
        for (const Piece& piece : node.pieces) {
            pieces.push_back({printable(piece.text), piece.colour});
        }
        std::string whole;
        for (const Piece& piece : pieces) {
            whole += piece.text;
        }
        // At any depth, a part of the text stays visible.
        constexpr int least = 8;
        const int room = std::max(least, look.width - display_width(lead));
        std::string shown = look.width > 0 ? shortened(whole, room, look.utf8) : whole;
        put(lead, Colour::grey);
        Colour colour = Colour::none;
        for (const Piece& piece : pieces) {
            if (!shown.starts_with(piece.text)) {
                colour = piece.colour;
                break;
            }
            put(piece.text, piece.colour);
            shown.erase(0, piece.text.size());
        }
        put(shown, colour); // the piece that was cut, with the ellipsis
        result += '\n';
    }

    void put(std::string_view text, Colour colour) {
        if (!text.empty()) {
            result += paint(text, colour, look);
        }
    }

    void below(const Tree& tree, const std::string& lead) {
        for (const auto& child : tree.children) {
            const bool last = &child == &tree.children.back();
            line(lead + (last ? branches.last_child : branches.child), child);
            below(child, lead + (last ? branches.nothing : branches.pass_by));
        }
    }
};

} // namespace

std::string render(const Tree& tree, const Look& look) {
    Painter painter{look, look.utf8 ? drawn : ascii, {}};
    painter.line("", tree);
    painter.below(tree, "");
    return std::move(painter.result);
}

} // namespace bus::terminal
