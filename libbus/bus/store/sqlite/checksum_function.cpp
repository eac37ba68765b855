#include <bus/store/sqlite/checksum.hpp>
#include <bus/store/sqlite/checksum_function.hpp>

#include <sqlite3.h>

#include <cstdint>
#include <string_view>

namespace bus::sqlite {

namespace {

constexpr const char* name = "libbus_checksum";
constexpr int any_number = -1;

void add(Checksum& checksum, sqlite3_value* value) {
    const auto bytes = [value] {
        const auto* data = static_cast<const char*>(sqlite3_value_blob(value));
        const auto size = static_cast<std::size_t>(sqlite3_value_bytes(value));
        return data != nullptr ? std::string_view{data, size} : std::string_view{};
    };
    switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER: checksum.add(std::int64_t{sqlite3_value_int64(value)}); break;
    case SQLITE_FLOAT: checksum.add_real(sqlite3_value_double(value)); break;
    case SQLITE_TEXT: checksum.add(bytes()); break;
    case SQLITE_BLOB: checksum.add_blob(bytes()); break;
    default: checksum.add_null(); break;
    }
}

void calculate(sqlite3_context* context, int count, sqlite3_value** values) {
    Checksum checksum;
    for (int i = 0; i < count; ++i) {
        add(checksum, values[i]);
    }
    sqlite3_result_int64(context, checksum.value());
}

} // namespace

ChecksumFunction::ChecksumFunction(Connection& connection) : connection_{connection} {
    const int code = sqlite3_create_function_v2(connection.handle(), name, any_number, SQLITE_UTF8,
                                                nullptr, &calculate, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) {
        connection.fail(code, "calculate checksums in");
    }
}

ChecksumFunction::~ChecksumFunction() {
    sqlite3_create_function_v2(connection_.handle(), name, any_number, SQLITE_UTF8, nullptr,
                               nullptr, nullptr, nullptr, nullptr);
}

} // namespace bus::sqlite
