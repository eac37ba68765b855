#include <bus/testing/mismatch.hpp>

namespace bus::testing {

Mismatch::Mismatch(const std::string& message, const std::source_location& where)
    : std::runtime_error{std::string{where.file_name()} + ':' + std::to_string(where.line()) +
                         ": " + message},
      where_{where} {}

} // namespace bus::testing
