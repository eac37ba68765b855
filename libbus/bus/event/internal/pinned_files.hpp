#pragma once

#include <functional>

namespace bus::internal {

/// Keeps the shared library that holds this address loaded until the process ends, whoever closes
/// it; does nothing for the program itself. An event type is known as long as the process lives,
/// and so must be the code and the texts that it consists of. Thread safe; `address` may be null.
///
/// Nobody may hold a lock that the start of a library could want: this waits for the loader, which
/// may be starting one. It does so once for each library, and for the libraries' own types while
/// they start, in the thread that the loader has let in.
void keep_loaded(const void* address);

/// The same for the code of a function that nobody can take back.
template <class R, class... A>
void keep_loaded(const std::function<R(A...)>& function) {
    if (R(*const* plain)(A...) = function.template target<R (*)(A...)>()) {
        keep_loaded(reinterpret_cast<const void*>(*plain));
    } else {
        keep_loaded(&function.target_type()); // which lies where the callable was written
    }
}

} // namespace bus::internal
