#pragma once

namespace bus::internal {

/// True while exit() runs on this thread: it was called further up, by main()'s return or by the
/// program itself, and destroys the program's statics. Takes some microseconds. Where the system
/// does not show its stack, false.
[[nodiscard]] bool process_exits() noexcept;

} // namespace bus::internal
