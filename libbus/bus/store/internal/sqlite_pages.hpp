#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The format of SQLite's files, as far as we look into them without SQLite: rows in the leaf pages
/// of tables. It never changes (https://sqlite.org/fileformat2.html). Nothing that is read is
/// believed: what does not fit together gives nothing, whatever the bytes are.
namespace bus::sqlite {

/// A column of a row as the file has it.
struct PageValue {
    enum class Kind : std::uint8_t { null, integer, real, text, blob };
    Kind kind = Kind::null;
    std::int64_t integer = 0;
    double real = 0;
    std::string_view bytes{}; ///< of a text or blob, in the payload
};

/// The number in so many bytes, the highest first.
[[nodiscard]] std::uint32_t big_endian_32(std::string_view bytes, std::size_t at);

/// A row's place and columns, still packed.
struct LeafRow {
    std::int64_t rowid = 0;
    std::string payload{};
};

/// Gives a page by its number; nothing where there is none.
using FindPage = std::function<std::optional<std::string_view>(std::uint32_t page)>;

/// Where the cells of a page begin; none where it is no leaf page of a table. `first`: it is page
/// 1, which begins with the file's header.
[[nodiscard]] std::vector<std::size_t> leaf_cells(std::string_view page, bool first);

/// The row in the cell at `at`; nothing where it does not fit into its page, or goes on in pages
/// that `find` does not have. A row larger than `most_bytes` is not believed.
[[nodiscard]] std::optional<LeafRow> leaf_row(std::string_view page, std::size_t at,
                                              const FindPage& find, std::size_t most_bytes);

/// What stands in a page of an index: the payloads of its keys, those that go on elsewhere left
/// out, and the pages below it. Nothing where it is no such page.
struct IndexPage {
    std::vector<std::string_view> keys{}; ///< in the page
    std::vector<std::uint32_t> below{};
};

[[nodiscard]] std::optional<IndexPage> index_page(std::string_view page);

/// The columns of a payload; nothing where it is no row.
[[nodiscard]] std::optional<std::vector<PageValue>> columns_of(std::string_view payload);

} // namespace bus::sqlite
