#pragma once

#include <bus/store/sqlite/connection.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace bus::sqlite {

/// The numbers of names, for the writer. Not thread safe.
class NameIds {
public:
    explicit NameIds(Connection& connection);

    /// The number of a name. If the name is new, its row is written.
    std::int64_t id(std::string_view name);
    /// Forgets all cached numbers. To be called after a rollback, which may have removed rows.
    void clear();

private:
    std::int64_t next();

    Statement find_;
    Statement next_;
    Statement insert_;
    std::unordered_map<std::string, std::int64_t> ids_;
    std::string key_; ///< reused, so that a look-up allocates nothing
};

} // namespace bus::sqlite
