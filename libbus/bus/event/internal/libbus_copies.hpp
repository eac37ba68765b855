#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bus::internal {

/// The files of this process that hold a copy of libbus: the shared libbus itself, or programs and
/// shared libraries that are linked statically with it. There should be only one.
std::vector<std::string> libbus_copies();

/// The index of this copy among them, from 0. They are in the order in which they were loaded.
std::uint32_t index_of_this_copy();

/// Writes a line to standard error if the process holds other copies beside this one.
void tell_of_other_copies();

} // namespace bus::internal
