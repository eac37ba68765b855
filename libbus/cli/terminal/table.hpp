#pragma once

#include <cli/terminal/look.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace bus::terminal {

enum class Align { left, right };

/// One column. Left-aligned ones may be shortened to fit the terminal; right-aligned ones hold
/// numbers and never are.
struct Column {
    std::string title;
    Align align = Align::left;
};

/// A table for people: a head, a rule and rows. Not thread safe.
class Table {
public:
    /// Throws std::invalid_argument without columns.
    explicit Table(std::vector<Column> columns);

    /// Adds a row; cells that are missing at its end stay empty. Throws std::invalid_argument for
    /// more cells than columns.
    Table& row(std::vector<std::string> cells, Colour colour = Colour::none);

    /// Adds a rule, for sums below it.
    Table& rule();

    /// The table, each line ending in a newline, without blanks at the ends of lines. Fits the
    /// look's width where its numbers and 4 columns for each text do.
    std::string render(const Look& look) const;

private:
    struct Row {
        std::vector<std::string> cells; ///< empty for a rule
        Colour colour = Colour::none;
    };

    std::vector<int> widths(const Look& look) const;
    std::string line(const std::vector<std::string>& cells, const std::vector<int>& widths,
                     const Look& look) const;

    std::vector<Column> columns_;
    std::vector<Row> rows_;
};

} // namespace bus::terminal
