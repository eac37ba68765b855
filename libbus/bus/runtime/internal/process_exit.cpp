#include <bus/runtime/internal/process_exit.hpp>
#include <bus/runtime/internal/system.hpp>

#include <cstdlib>

#if defined(__GLIBC__)
#include <unwind.h>

#include <cstdint>
#endif

namespace bus::internal {

#if defined(__GLIBC__)

namespace {

/// Whether an address lies in exit(). The last instruction of exit() is its call of the function
/// that runs the destructors, so the return address may lie behind exit(). Therefore the address
/// before it is looked up.
bool is_in_exit(std::uintptr_t address) noexcept {
    return function_at(address - 1) == "exit";
}

_Unwind_Reason_Code look_at_frame(_Unwind_Context* frame, void* found) {
    if (is_in_exit(_Unwind_GetIP(frame))) {
        *static_cast<bool*>(found) = true;
        return _URC_NORMAL_STOP;
    }
    return _URC_NO_REASON;
}

} // namespace

bool process_exits() noexcept {
    bool found = false;
    _Unwind_Backtrace(&look_at_frame, &found);
    return found;
}

#else

bool process_exits() noexcept {
    return false;
}

#endif

} // namespace bus::internal
