#pragma once

#include "demo/sqlite/sqlite.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace demo {

/// Knows for each key of the feeds where its line lies. However many keys there are, memory holds a
/// cache of two megabytes; the rest lies in a temporary file of SQLite's without a name, made once
/// it is needed, in `$SQLITE_TMPDIR`, `$TMPDIR` or where the system has such files.
///
/// Not thread safe.
class LineIndex {
public:
    struct Place {
        std::uint64_t offset = 0;
        std::uint64_t length = 0;
        std::uint64_t hash = 0; ///< of the line's text
        bool too_long = false;  ///< then there is only the length
    };

    /// @throws std::system_error where there is not enough memory
    LineIndex();

    /// @throws std::system_error where the temporary file cannot be read or written
    std::optional<Place> find(std::string_view key);

    /// Notes a key that is not there. @throws std::system_error, when the disk is full too
    void add(std::string_view key, const Place& place);

private:
    sqlite::Connection database_;
};

} // namespace demo
