#include <cli/terminal/table.hpp>
#include <cli/terminal/text.hpp>

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace bus::terminal {

namespace {

constexpr int gap = 2;
/// Texts are not cut further than this: less would be useless.
constexpr int narrowest = 12;

template <class Columns>
int total_width(const Columns& columns) {
    return std::accumulate(columns.begin(), columns.end(),
                           gap * static_cast<int>(columns.size() - 1),
                           [](int sum, const auto& column) { return sum + column.width; });
}

std::string rule_of(int width, const Look& look) {
    std::string rule;
    for (int i = 0; i < width; ++i)
        rule += look.utf8 ? "\xE2\x94\x80" : "-";
    return rule + '\n';
}

} // namespace

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {
    if (columns_.empty())
        throw std::invalid_argument("a table needs a column: give it one");
    for (auto& column : columns_)
        column = {printable(column.title), column.align, printable(column.short_title),
                  column.whole};
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
    std::vector<Shown> columns;
    for (std::size_t i = 0; i < columns_.size(); ++i)
        columns.push_back(shown(i, columns_[i].title));
    if (look.width > 0 && !fit(columns, look.width))
        return blocks(columns, look);

    const std::string rule = rule_of(total_width(columns), look);
    std::vector<std::string> titles(columns_.size());
    for (const auto& column : columns)
        titles[column.column] = column.title;
    std::string result = paint(line(titles, columns, look), Colour::bold, look) + '\n' + rule;
    for (const auto& row : rows_) {
        result += row.cells.empty()
                      ? rule
                      : paint(line(row.cells, columns, look), row.colour, look) + '\n';
    }
    return result;
}

Table::Shown Table::shown(std::size_t column, const std::string& title) const {
    int width = display_width(title);
    for (const auto& row : rows_) {
        if (!row.cells.empty())
            width = std::max(width, display_width(row.cells[column]));
    }
    return {column, title, width};
}

bool Table::is_all_zero(std::size_t column) const {
    return columns_[column].align == Align::right &&
           std::all_of(rows_.begin(), rows_.end(), [&](const Row& row) {
               return row.cells.empty() || row.cells[column].empty() || row.cells[column] == "0";
           });
}

/// Makes the table narrower step by step. Returns false if it cannot have that width; then the
/// remaining columns, with their full titles, are those of the blocks.
bool Table::fit(std::vector<Shown>& columns, int width) const {
    const auto excess = [&] { return total_width(columns) - width; };
    for (std::size_t i = columns.size(); i-- > 1 && excess() > 0;) {
        if (is_all_zero(columns[i].column))
            columns.erase(columns.begin() + static_cast<std::ptrdiff_t>(i));
    }
    const std::vector<Shown> whole = columns;
    // Shorten the heading that saves most first, so that as few headings as possible change.
    while (excess() > 0) {
        Shown best{};
        Shown* widest = nullptr;
        for (auto& column : columns) {
            const std::string& title = columns_[column.column].short_title;
            if (title.empty() || title == column.title)
                continue;
            Shown now = shown(column.column, title);
            if (now.width < column.width &&
                (widest == nullptr || column.width - now.width > widest->width - best.width)) {
                best = std::move(now);
                widest = &column;
            }
        }
        if (widest == nullptr)
            break;
        *widest = best;
    }
    if (cut(columns, excess()))
        return true;
    columns = whole;
    return false;
}

/// Makes the widest text narrower by one character at a time, so that wide texts end up equally
/// wide.
bool Table::cut(std::vector<Shown>& columns, int excess) const {
    for (; excess > 0; --excess) {
        Shown* widest = nullptr;
        for (auto& column : columns) {
            const Column& kind = columns_[column.column];
            if (kind.align == Align::left && !kind.whole &&
                column.width > std::max(narrowest, display_width(column.title)) &&
                (widest == nullptr || column.width > widest->width)) {
                widest = &column;
            }
        }
        if (widest == nullptr)
            return false;
        --widest->width;
    }
    return true;
}

std::string Table::line(const std::vector<std::string>& cells, const std::vector<Shown>& columns,
                        const Look& look) const {
    std::string result;
    for (const auto& column : columns) {
        const bool left = columns_[column.column].align == Align::left;
        const std::string cell = shortened(cells[column.column], column.width, look.utf8);
        const auto padding =
            static_cast<std::size_t>(std::max(0, column.width - display_width(cell)));
        if (&column != &columns.front())
            result.append(gap, ' ');
        result.append(left ? 0 : padding, ' ').append(cell).append(left ? padding : 0, ' ');
    }
    result.erase(result.find_last_not_of(' ') + 1);
    return result;
}

std::string Table::blocks(const std::vector<Shown>& columns, const Look& look) const {
    std::string result;
    bool after_block = false;
    for (const auto& row : rows_) {
        if (row.cells.empty()) {
            result += rule_of(look.width, look);
        } else {
            result += (after_block ? "\n" : "") + block(row, columns, look);
        }
        after_block = !row.cells.empty();
    }
    return result;
}

/// A row as a block of lines. Empty cells are left out.
std::string Table::block(const Row& row, const std::vector<Shown>& columns,
                         const Look& look) const {
    int titles = 0;
    for (const auto& column : columns)
        titles = std::max(titles, display_width(column.title));
    std::string result;
    for (const auto& column : columns) {
        const std::string& cell = row.cells[column.column];
        if (cell.empty())
            continue;
        const auto padding = static_cast<std::size_t>(titles - display_width(column.title) + gap);
        const bool text = columns_[column.column].align == Align::left;
        result +=
            paint(column.title, Colour::grey, look) + std::string(padding, ' ') +
            paint(text ? shortened(cell, std::max(1, look.width - titles - gap), look.utf8) : cell,
                  row.colour, look) +
            '\n';
    }
    return result;
}

} // namespace bus::terminal
