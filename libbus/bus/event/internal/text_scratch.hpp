#pragma once

#include <cstddef>

namespace bus::internal {

/// A buffer of this thread for the output of TextTraits::write, whose length nothing limits. It has
/// room for at least `size` characters and 16 MiB more. If more is written, the process ends
/// instead of overwriting other memory. The buffer is valid until the next call. Throws
/// std::bad_alloc.
char* text_scratch(std::size_t size);

/// Returns memory to the system after a text that was too long. The buffer stays usable.
void trim_text_scratch() noexcept;

} // namespace bus::internal
