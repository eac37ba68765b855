#include <bus/store/sqlite/checksum.hpp>
#include <bus/store/sqlite/salvage_rows.hpp>

#include <cstring>
#include <string_view>
#include <vector>

namespace bus::sqlite {

namespace {

using Columns = std::vector<PageValue>;
using Kind = PageValue::Kind;

/// Kinds as letters: i integer, t text, b an id of 16 bytes, B such an id or NULL, I a number or
/// NULL.
bool are(const Columns& columns, std::size_t from, std::string_view kinds) {
    constexpr std::size_t id_bytes = 16;
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        const PageValue& value = columns[from + i];
        const bool null = value.kind == Kind::null;
        const bool id = value.kind == Kind::blob && value.bytes.size() == id_bytes;
        const bool integer = value.kind == Kind::integer;
        const bool fits = kinds[i] == 'i'   ? integer
                          : kinds[i] == 't' ? value.kind == Kind::text
                          : kinds[i] == 'b' ? id
                          : kinds[i] == 'B' ? id || null
                                            : integer || null;
        if (!fits) {
            return false;
        }
    }
    return true;
}

void add(Checksum& checksum, const PageValue& value) {
    switch (value.kind) {
    case Kind::integer: checksum.add(value.integer); break;
    case Kind::real: checksum.add_real(value.real); break;
    case Kind::text: checksum.add(value.bytes); break;
    case Kind::blob: checksum.add_blob(value.bytes); break;
    case Kind::null: checksum.add_null(); break;
    }
}

/// The checksum of the row's key and the columns from `first` through `last`.
std::int64_t checksum_with(std::int64_t key, const Columns& columns, std::size_t first,
                           std::size_t last) {
    Checksum checksum;
    checksum.add(key);
    for (std::size_t i = first; i <= last; ++i) {
        add(checksum, columns[i]);
    }
    return checksum.value();
}

bool has_checksum(const Columns& columns, std::size_t column) {
    return column < columns.size() && columns[column].kind == Kind::integer;
}

Uuid uuid_of(const PageValue& value) {
    Uuid uuid{};
    if (!value.bytes.empty()) {
        std::memcpy(uuid.data.data(), value.bytes.data(), uuid.data.size());
    }
    return uuid;
}

StoredEvent event_of(std::int64_t key, const Columns& columns) {
    StoredEvent event;
    event.position = static_cast<Position>(key);
    event.stream_version = static_cast<std::uint64_t>(columns[6].integer);
    EventRecord& record = event.record;
    record.event_id = uuid_of(columns[1]);
    record.event_version = static_cast<std::uint32_t>(columns[3].integer);
    record.aggregate_id = columns[5].bytes;
    record.execution_id = columns[7].bytes;
    record.user_id = columns[8].bytes;
    record.occurred_at = Timestamp{Duration{columns[9].integer}};
    record.causation_id = uuid_of(columns[10]);
    record.data = columns[11].bytes;
    return event;
}

/// The first column is the key, which the payload has as NULL.
std::optional<SalvagedRow> event_row(std::int64_t key, const Columns& columns) {
    constexpr std::size_t before_checksums = 12; // older rows have no checksum column
    if (columns.size() < before_checksums || columns.size() > before_checksums + 1 || key < 1 ||
        columns[0].kind != Kind::null || !are(columns, 1, "biiitittiBt")) {
        return std::nullopt;
    }
    SalvagedRow row;
    const bool checked = has_checksum(columns, before_checksums);
    if (checked &&
        columns[before_checksums].integer != checksum_with(key, columns, 1, before_checksums - 1)) {
        row.changed = static_cast<Position>(key);
        return row;
    }
    row.unchecked = !checked;
    row.event_type = columns[2].integer;
    row.aggregate_type = columns[4].integer;
    row.event = event_of(key, columns);
    return row;
}

std::optional<SalvagedRow> name_row(std::int64_t key, const Columns& columns) {
    if (columns.size() < 2 || columns.size() > 3 || columns[0].kind != Kind::null ||
        columns[1].kind != Kind::text ||
        (columns.size() == 3 &&
         (!has_checksum(columns, 2) || columns[2].integer != checksum_with(key, columns, 1, 1)))) {
        return std::nullopt;
    }
    return SalvagedRow{.name = std::pair{key, std::string{columns[1].bytes}}};
}

/// The row of the log, from schema 3 on. Before that it had no checksum.
std::optional<SalvagedRow> log_row_of(std::int64_t key, const Columns& columns) {
    constexpr std::size_t checksum = 8;
    constexpr std::size_t generation = 12;
    constexpr std::size_t stored_times = 15;
    if (key != 1 || columns.size() <= checksum || columns[0].kind != Kind::null ||
        !are(columns, 1, "iiiiiiii")) {
        return std::nullopt;
    }
    LogRow log;
    log.last_position = static_cast<Position>(columns[1].integer);
    log.pruned_through = static_cast<Position>(columns[3].integer);
    Checksum sum;
    for (std::size_t i = 1; i < checksum; ++i) {
        add(sum, columns[i]);
    }
    if (has_checksum(columns, stored_times)) { // schema 5
        add(sum, columns[generation]);
        add(sum, columns[stored_times]);
    }
    if (columns[checksum].integer != sum.value()) {
        return std::nullopt;
    }
    return SalvagedRow{.log = log};
}

/// A row of the schema: type, name, table, first page, statement.
std::optional<SalvagedRow> schema_row(const Columns& columns) {
    constexpr std::size_t size = 5;
    if (columns.size() != size || !are(columns, 0, "ttti") ||
        columns[1].bytes != "sqlite_autoindex_names_1") {
        return std::nullopt;
    }
    return SalvagedRow{.index_of_names = static_cast<std::uint32_t>(columns[3].integer)};
}

} // namespace

std::optional<std::pair<std::int64_t, std::string>> salvaged_name(std::string_view key) {
    const std::optional<Columns> columns = columns_of(key);
    if (!columns || columns->size() != 2 || !are(*columns, 0, "ti")) {
        return std::nullopt;
    }
    return std::pair{(*columns)[1].integer, std::string{(*columns)[0].bytes}};
}

std::optional<SalvagedRow> salvaged(const LeafRow& row) {
    const std::optional<Columns> columns = columns_of(row.payload);
    if (!columns) {
        return std::nullopt;
    }
    if (auto event = event_row(row.rowid, *columns)) {
        return event;
    }
    if (auto name = name_row(row.rowid, *columns)) {
        return name;
    }
    if (auto index = schema_row(*columns)) {
        return index;
    }
    return log_row_of(row.rowid, *columns);
}

} // namespace bus::sqlite
