#pragma once

#include <bus/store/internal/sqlite_connection.hpp>

namespace bus::sqlite {

/// libbus_checksum(column...) in the SQL of a connection, while it lives: the checksum of a row for
/// statements that write many.
class ChecksumFunction {
public:
    explicit ChecksumFunction(Connection& connection);
    ChecksumFunction(const ChecksumFunction&) = delete;
    ChecksumFunction& operator=(const ChecksumFunction&) = delete;
    ~ChecksumFunction();

private:
    Connection& connection_;
};

} // namespace bus::sqlite
