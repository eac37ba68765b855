#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bus::internal {

/// Adds a member to a path: `data` and `order_id` give `data.order_id`. A name that is not an
/// identifier is put in brackets and quotes.
void add_to_path(std::string& path, std::string_view name);

/// Adds the index in a list: `lines` and 3 give `lines[3]`.
void add_to_path(std::string& path, std::size_t index);

/// Text from outside, made fit for a message: without control characters or invalid UTF-8, and cut
/// to about forty characters.
std::string shown(std::string_view text);

} // namespace bus::internal
