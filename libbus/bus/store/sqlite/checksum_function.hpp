#pragma once

#include <bus/store/sqlite/connection.hpp>

namespace bus::sqlite {

/// Adds the function libbus_checksum(column...) to the SQL of a connection while this object
/// exists. It computes the checksum of a row, for statements that write many rows.
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
