#pragma once

#include <bus/event/internal/json_reader.hpp>

#include <string_view>

namespace bus::internal {

/// Reads JSON in exactly the form that write_json() writes: all members in order, without blanks
/// and escapes. Nearly all text that is read has this form, and comparing it with the expected form
/// costs less than half as much as parsing. Returns false if the text has another form or is wrong.
/// Then call read_json(), which sets the same members again.
bool read_expected(std::string_view json, const Object& object);
bool read_expected(std::string_view json, const EnvelopeReading& envelope);

} // namespace bus::internal
