#include <bus/testing/mismatch.hpp>

namespace bus::testing {

Mismatch::Mismatch(const std::string& message, const Where& where)
    : std::runtime_error{std::string{where.file} + ':' + std::to_string(where.line) + ": " +
                         message},
      where_{where} {}

} // namespace bus::testing
