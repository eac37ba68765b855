#pragma once

#include <string>
#include <string_view>

namespace bus::internal {

/// What is wrong with a text that is not UTF-8, for an error behind the name of its place: which
/// byte, where, and what to do.
std::string utf8_error(std::string_view text);

} // namespace bus::internal
