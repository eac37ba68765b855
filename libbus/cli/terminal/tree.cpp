#include <cli/terminal/text.hpp>
#include <cli/terminal/tree.hpp>

#include <algorithm>
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

    void line(const std::string& lead, const std::string& text) {
        std::string shown = printable(text);
        if (look.width > 0) {
            // However deep, something of the text stays to be seen.
            const int room = std::max(8, look.width - display_width(lead));
            shown = shortened(shown, room, look.utf8);
        }
        result += lead + shown + '\n';
    }

    void below(const Tree& tree, const std::string& lead) {
        for (const auto& child : tree.children) {
            const bool last = &child == &tree.children.back();
            line(lead + (last ? branches.last_child : branches.child), child.text);
            below(child, lead + (last ? branches.nothing : branches.pass_by));
        }
    }
};

} // namespace

std::string render(const Tree& tree, const Look& look) {
    Painter painter{look, look.utf8 ? drawn : ascii, {}};
    painter.line("", tree.text);
    painter.below(tree, "");
    return std::move(painter.result);
}

} // namespace bus::terminal
