#pragma once

#include <functional>

namespace bus::internal {

/// Keeps the shared library that contains this address loaded until the process ends, even if the
/// program closes it. An event type stays known until the process ends, so its code and its texts
/// must stay too. Does nothing for the program itself or if `address` is null. Thread safe.
///
/// Call it without a lock that the start-up code of a library could need. It waits for the loader,
/// which may be running such code in another thread. It waits once per library. For types that a
/// library registers at its own start-up, it runs in the thread that the loader already uses.
void keep_loaded(const void* address);

/// The same for the code of a function that stays registered forever. Without RTTI only a pointer
/// to a function tells where its code is.
template <class R, class... A>
void keep_loaded(const std::function<R(A...)>& function) {
    if (R(*const* plain)(A...) = function.template target<R (*)(A...)>()) {
        keep_loaded(reinterpret_cast<const void*>(*plain));
    } else {
#ifdef __cpp_rtti
        keep_loaded(&function.target_type()); // this lies in the file that defines the callable
#endif
    }
}

} // namespace bus::internal
