#include <cli/terminal/table.hpp>
#include <cli/terminal/text.hpp>

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace bus::terminal {

namespace {

constexpr int gap = 2;
constexpr int narrowest = 4;

} // namespace

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {
    if (columns_.empty())
        throw std::invalid_argument("a table needs a column: give it one");
    for (auto& column : columns_)
        column.title = printable(column.title);
}

Table& Table::row(std::vector<std::string> cells, Colour colour) {
    if (cells.size() > columns_.size()) {
        throw std::invalid_argument("a row of " + std::to_string(cells.size()) +
                                    " cells does not fit a table of " +
                                    std::to_string(columns_.size()) + " columns");
    }
    cells.resize(columns_.size());
    for (auto& cell : cells)
        cell = printable(cell);
    rows_.push_back({std::move(cells), colour});
    return *this;
}

Table& Table::rule() {
    rows_.emplace_back();
    return *this;
}

std::string Table::render(const Look& look) const {
    const auto widths = this->widths(look);
    const int total = std::accumulate(widths.begin(), widths.end(), 0) +
                      gap * static_cast<int>(widths.size() - 1);
    std::string rule;
    for (int i = 0; i < total; ++i)
        rule += look.utf8 ? "\xE2\x94\x80" : "-";
    rule += '\n';

    std::vector<std::string> titles;
    for (const auto& column : columns_)
        titles.push_back(column.title);
    std::string result = paint(line(titles, widths, look), Colour::bold, look) + '\n' + rule;
    for (const auto& row : rows_) {
        result += row.cells.empty() ? rule
                                    : paint(line(row.cells, widths, look), row.colour, look) + '\n';
    }
    return result;
}

std::vector<int> Table::widths(const Look& look) const {
    std::vector<int> widths;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        int width = display_width(columns_[i].title);
        for (const auto& row : rows_) {
            if (!row.cells.empty())
                width = std::max(width, display_width(row.cells[i]));
        }
        widths.push_back(width);
    }
    if (look.width <= 0)
        return widths;
    int excess = std::accumulate(widths.begin(), widths.end(), 0) +
                 gap * static_cast<int>(widths.size() - 1) - look.width;
    for (; excess > 0; --excess) {
        // The widest text gives way, a column at a time, so that wide ones end up equally wide.
        int* widest = nullptr;
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            if (columns_[i].align == Align::left && widths[i] > narrowest &&
                (widest == nullptr || widths[i] > *widest)) {
                widest = &widths[i];
            }
        }
        if (widest == nullptr)
            break;
        --*widest;
    }
    return widths;
}

std::string Table::line(const std::vector<std::string>& cells, const std::vector<int>& widths,
                        const Look& look) const {
    std::string result;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const std::string cell = shortened(cells[i], widths[i], look.utf8);
        const auto padding = static_cast<std::size_t>(std::max(0, widths[i] - display_width(cell)));
        if (i > 0)
            result.append(gap, ' ');
        if (columns_[i].align == Align::right)
            result.append(padding, ' ');
        result += cell;
        if (columns_[i].align == Align::left)
            result.append(padding, ' ');
    }
    result.erase(result.find_last_not_of(' ') + 1);
    return result;
}

} // namespace bus::terminal
