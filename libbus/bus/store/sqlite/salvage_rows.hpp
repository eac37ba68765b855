#pragma once

#include <bus/store/records.hpp>
#include <bus/store/sqlite/log_row.hpp>
#include <bus/store/sqlite/pages.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace bus::sqlite {

/// What a row of a damaged file is. Exactly one of the possibilities applies.
struct SalvagedRow {
    std::optional<StoredEvent> event{}; ///< the names of its types are missing
    std::int64_t event_type = 0;        ///< numbers of names, like the next one
    std::int64_t aggregate_type = 0;
    bool unchecked = false; ///< written before there were checksums
    std::optional<std::pair<std::int64_t, std::string>> name{};
    std::optional<LogRow> log{};
    std::optional<std::uint32_t> index_of_names{}; ///< the first page of that index
    /// The row looks like the event at this position but is not as it was written.
    std::optional<Position> changed{};
};

/// A name and its number, from a key in the index of names; none if the key is not one.
[[nodiscard]] std::optional<std::pair<std::int64_t, std::string>>
salvaged_name(std::string_view key);

/// Identifies a row by its columns and its checksum; none if it is not a row that is salvaged.
[[nodiscard]] std::optional<SalvagedRow> salvaged(const LeafRow& row);

} // namespace bus::sqlite
