#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bus {

/// The offset in bytes of the first byte that is not valid UTF-8 (RFC 3629), or npos if all of the
/// text is valid. libbus refuses texts in events, names of agents, state keys and requests that are
/// not UTF-8, since neither JSON nor a terminal could show them.
[[nodiscard]] std::size_t find_bad_utf8(std::string_view text) noexcept;

/// The text with U+FFFD in place of each byte that is not valid UTF-8. It is for text from outside
/// that is better kept with errors than refused, such as the message of an exception.
[[nodiscard]] std::string valid_utf8(std::string_view text);

} // namespace bus
