#pragma once

#include <cli/terminal/look.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace bus::terminal {

enum class Align { left, right };

/// One column. A left-aligned column holds texts, which may be shortened to fit the terminal. A
/// right-aligned column holds numbers, which are never shortened.
struct Column {
    std::string title;
    Align align = Align::left;
    std::string short_title{}; ///< replaces the title if there is little room
    bool whole = false;        ///< its texts are not shortened, for example names
};

/// A table for people: a head, a rule and rows. Not thread safe.
///
/// If the table is wider than the look, it is made narrower in steps, until it fits: first, columns
/// of numbers that are all 0 are left out, beginning with the last; then headings become short;
/// then texts are cut, beginning with the widest. If it is still too wide, each row becomes a block
/// of lines `title  value`.
class Table {
public:
    /// Throws std::invalid_argument if there are no columns.
    explicit Table(std::vector<Column> columns);

    /// Adds a row; cells that are missing at its end stay empty. Throws std::invalid_argument if
    /// there are more cells than columns.
    Table& row(std::vector<std::string> cells, Colour colour = Colour::none);

    /// Adds a rule, as above a line of sums.
    Table& rule();

    /// The table as text. Each line ends with a newline and has no trailing blanks. No line is
    /// wider than the look, unless a number has no room beside its title.
    std::string render(const Look& look) const;

private:
    struct Row {
        std::vector<std::string> cells; ///< empty for a rule
        Colour colour = Colour::none;
    };

    /// A column as it is shown.
    struct Shown {
        std::size_t column;
        std::string title;
        int width;
    };

    Shown shown(std::size_t column, const std::string& title) const;
    bool is_all_zero(std::size_t column) const;
    bool fit(std::vector<Shown>& columns, int width) const;
    bool cut(std::vector<Shown>& columns, int excess) const;
    std::string line(const std::vector<std::string>& cells, const std::vector<Shown>& columns,
                     const Look& look) const;
    std::string blocks(const std::vector<Shown>& columns, const Look& look) const;
    std::string block(const Row& row, const std::vector<Shown>& columns, const Look& look) const;

    std::vector<Column> columns_;
    std::vector<Row> rows_;
};

} // namespace bus::terminal
