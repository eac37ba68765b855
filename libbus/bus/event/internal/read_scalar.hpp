#pragma once

#include <bus/event/value_type.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace bus::internal {

/// What JSON has beside lists, objects and null.
enum class Scalar : std::uint8_t { string, number, boolean };

/// Reads one value, given as the text of a string without its quotes and escapes, of a number as
/// it was spelt, or `true` or `false`. False where it is none of this type; `type` is no optional.
bool read_scalar(const ValueType& type, void* value, Scalar scalar, std::string_view text);

/// The value as messages name it: `string "abc"`, `number 12`, `true`.
std::string found(Scalar scalar, std::string_view text);

/// The names of all members, for messages.
std::string names_of(const MemberTable& table);

} // namespace bus::internal
