#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bus {

/// The offset of the first byte that is no UTF-8 (RFC 3629), npos if all of the text is. Texts of
/// events, names of agents, state keys and requests that are not UTF-8 are refused, since neither
/// JSON nor a terminal could show them.
[[nodiscard]] std::size_t find_bad_utf8(std::string_view text) noexcept;

/// The text with U+FFFD in place of each byte that is no UTF-8: for text from outside that should
/// rather be kept damaged than refused, such as the message of an exception.
[[nodiscard]] std::string valid_utf8(std::string_view text);

} // namespace bus
