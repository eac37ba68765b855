#pragma once

#include <bus/store/internal/sqlite_log_row.hpp>
#include <bus/store/internal/sqlite_pages.hpp>
#include <bus/store/records.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace bus::sqlite {

/// What a row of a damaged file turned out to be: one of these.
struct SalvagedRow {
    std::optional<StoredEvent> event{}; ///< without the names of its types
    std::int64_t event_type = 0;        ///< numbers of names
    std::int64_t aggregate_type = 0;
    bool unchecked = false; ///< it was written before there were checksums
    std::optional<std::pair<std::int64_t, std::string>> name{};
    std::optional<LogRow> log{};
    std::optional<std::uint32_t> index_of_names{}; ///< the page that it begins with
    /// It looks like the event at this position, and is not as it was written.
    std::optional<Position> changed{};
};

/// A name and its number by a key of the index over the names; nothing: it is none.
[[nodiscard]] std::optional<std::pair<std::int64_t, std::string>>
salvaged_name(std::string_view key);

/// What a row is by its columns and its checksum; nothing: none of what is salvaged.
[[nodiscard]] std::optional<SalvagedRow> salvaged(const LeafRow& row);

} // namespace bus::sqlite
