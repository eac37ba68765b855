#pragma once

#include <bus/event/value_type.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace bus::internal {

/// A kind of JSON value that is not a list, an object or null.
enum class Scalar : std::uint8_t { string, number, boolean };

/// Reads one value. `text` is the content of a string without quotes and escapes, a number as it
/// was spelt, or `true` or `false`. Returns false if it is not a value of this type, which must not
/// be an optional.
bool read_scalar(const ValueType& type, void* value, Scalar scalar, std::string_view text);

/// The value as error messages name it: `string "abc"`, `number 12`, `true`.
std::string found(Scalar scalar, std::string_view text);

/// The names of all members, for messages.
std::string names_of(const MemberTable& table);

} // namespace bus::internal
