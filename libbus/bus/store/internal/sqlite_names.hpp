#pragma once

#include <bus/store/internal/sqlite_connection.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace bus::sqlite {

/// The numbers of names, for the one who writes them. Not thread safe.
class NameIds {
public:
    explicit NameIds(Connection& connection);

    /// The number of a name; one that is new gets its row.
    std::int64_t id(std::string_view name);
    /// Forgets what it knows: after a rollback, which may have taken rows back.
    void clear();

private:
    std::int64_t next();

    Statement find_;
    Statement next_;
    Statement insert_;
    std::unordered_map<std::string, std::int64_t> ids_;
    std::string key_; ///< reused: a look-up allocates nothing
};

} // namespace bus::sqlite
