#pragma once

#include <bus/event/internal/json_reader.hpp>

#include <string_view>

namespace bus::internal {

/// Reads JSON that has exactly the form in which write_json writes it: all members, in their order,
/// without blanks and escapes. That is nearly all that is ever read, and comparing it with what is
/// expected costs less than half of parsing it. False: the text is of another form, or wrong; then
/// read_json is to be asked, which sets the same members again.
bool read_expected(std::string_view json, const Object& object);
bool read_expected(std::string_view json, const EnvelopeReading& envelope);

} // namespace bus::internal
