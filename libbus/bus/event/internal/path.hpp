#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bus::internal {

/// Adds a member to a path: `data` and `order_id` give `data.order_id`; a name that is no
/// identifier goes into brackets and quotes.
void add_to_path(std::string& path, std::string_view name);

/// Adds the place in a list: `lines` and 3 give `lines[3]`.
void add_to_path(std::string& path, std::size_t index);

/// Text from outside as a message can show it: without control characters or broken UTF-8, and
/// no longer than some forty characters.
std::string shown(std::string_view text);

} // namespace bus::internal
