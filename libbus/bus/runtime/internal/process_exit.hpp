#pragma once

namespace bus::internal {

/// True while exit() runs on this thread and destroys the static objects of the program. It does
/// not matter whether main() returned or the program called exit(). Takes some microseconds.
/// Returns false if the system does not show the stack.
[[nodiscard]] bool process_exits() noexcept;

} // namespace bus::internal
