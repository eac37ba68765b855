#pragma once

#include <cstddef>

namespace bus::internal {

/// A place of this thread for what a TextTraits::write writes, which knows no bound: it has room
/// for at least `size` characters, and for megabytes more, behind which the process ends instead of
/// overwriting anything. It holds until the next call. Throws std::bad_alloc.
char* text_scratch(std::size_t size);

/// Gives memory back that only too long a text has touched.
void trim_text_scratch() noexcept;

} // namespace bus::internal
