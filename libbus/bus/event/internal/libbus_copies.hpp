#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bus::internal {

/// The files of this process that hold a copy of libbus: programs and shared libraries that were
/// linked with it statically, or libbus itself. A good program has one.
std::vector<std::string> libbus_copies();

/// Where this copy is among them, from 0 on: later ones were loaded later.
std::uint32_t index_of_this_copy();

/// Writes a line to standard error where there are others beside the one that is called.
void tell_of_other_copies();

} // namespace bus::internal
