#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The format of SQLite's files, as far as it is read here without SQLite: rows in the leaf pages
/// of tables. The format never changes (https://sqlite.org/fileformat2.html). Nothing that is read
/// is trusted: if the bytes do not fit together, the functions return nothing.
namespace bus::sqlite {

/// A column of a row, as it is in the file.
struct PageValue {
    enum class Kind : std::uint8_t { null, integer, real, text, blob };
    Kind kind = Kind::null;
    std::int64_t integer = 0;
    double real = 0;
    std::string_view bytes{}; ///< of a text or blob; points into the payload
};

/// The number in the four bytes at `at`, highest byte first.
[[nodiscard]] std::uint32_t big_endian_32(std::string_view bytes, std::size_t at);

/// A row: its rowid and its columns, still packed.
struct LeafRow {
    std::int64_t rowid = 0;
    std::string payload{};
};

/// Returns a page by its number; none if there is no such page.
using FindPage = std::function<std::optional<std::string_view>(std::uint32_t page)>;

/// Where the cells of a page begin; empty if it is not a leaf page of a table. `first`: it is page
/// 1, which begins with the header of the file.
[[nodiscard]] std::vector<std::size_t> leaf_cells(std::string_view page, bool first);

/// The row in the cell at `at`. None if it does not fit into its page, or if it continues in pages
/// that `find` does not have. A row larger than `most_bytes` is taken for damage.
[[nodiscard]] std::optional<LeafRow> leaf_row(std::string_view page, std::size_t at,
                                              const FindPage& find, std::size_t most_bytes);

/// The content of a page of an index: the payloads of its keys, except those that continue in other
/// pages, and the pages below it.
struct IndexPage {
    std::vector<std::string_view> keys{}; ///< point into the page
    std::vector<std::uint32_t> below{};
};

/// Returns none if the page is not a page of an index.
[[nodiscard]] std::optional<IndexPage> index_page(std::string_view page);

/// The columns of a payload; none if it is not a row.
[[nodiscard]] std::optional<std::vector<PageValue>> columns_of(std::string_view payload);

} // namespace bus::sqlite
