#pragma once

#include <string>
#include <string_view>

namespace bus::internal {

/// The error message for a text that is not UTF-8: which byte is wrong, at which offset, and what
/// to do. It is written to follow the path of the text.
std::string utf8_error(std::string_view text);

} // namespace bus::internal
