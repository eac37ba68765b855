#pragma once

#include <cli/terminal/look.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace bus::terminal {

enum class Align { left, right };

/// One column. Left-aligned ones hold texts, which may be shortened to fit the terminal;
/// right-aligned ones hold numbers, which never are.
struct Column {
    std::string title;
    Align align = Align::left;
    std::string short_title{}; ///< instead, where room is short
    bool whole = false;        ///< a text that is not shortened: a name
};

/// A table for people: a head, a rule and rows. Not thread safe.
///
/// Where it is wider than the look it gives way, a step at a time and no further than it has to:
/// columns of numbers that are all 0 go, the last first; headings become short; texts are cut, the
/// widest first. What is still too wide is no table any more but a block of lines for each row,
/// `title  value`.
class Table {
public:
    /// Throws std::invalid_argument without columns.
    explicit Table(std::vector<Column> columns);

    /// Adds a row; cells that are missing at its end stay empty. Throws std::invalid_argument for
    /// more cells than columns.
    Table& row(std::vector<std::string> cells, Colour colour = Colour::none);

    /// Adds a rule, for sums below it.
    Table& rule();

    /// The table, each line ending in a newline, without blanks at the ends of lines. No line is
    /// wider than the look, but of a number that has no room beside its title.
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
