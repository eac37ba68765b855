#pragma once

#include "demo/sqlite/sqlite.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace demo {

/// Knows for each key of the feeds where its line is. Memory holds a cache of two megabytes,
/// regardless of the number of keys. The rest is in a temporary file of SQLite without a name. It
/// is created when it is needed, in `$SQLITE_TMPDIR`, `$TMPDIR` or the system's temporary folder.
///
/// Not thread safe.
class LineIndex {
public:
    struct Place {
        std::uint64_t offset = 0;
        std::uint64_t length = 0;
        std::uint64_t hash = 0; ///< of the line's text
        bool too_long = false;  ///< if true, only the length is known
    };

    /// @throws std::system_error if there is not enough memory
    LineIndex();

    /// The place of the line with this key, or nothing.
    /// @throws std::system_error if the temporary file cannot be read or written
    std::optional<Place> find(std::string_view key);

    /// Adds a new key. @throws std::system_error, also if the disk is full
    void add(std::string_view key, const Place& place);

private:
    sqlite::Connection database_;
};

} // namespace demo
