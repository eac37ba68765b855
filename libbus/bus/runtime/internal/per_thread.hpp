#pragma once

#include <memory>
#include <new>

namespace bus::internal {

/// Returns this thread's own T; the first call creates it. Returns nullptr if there is no memory
/// for it, or if the thread is about to end and has already destroyed its own objects. Meant for
/// large objects: a shared library that is loaded into a running program has only some hundred
/// bytes for all its thread_local variables.
template <class T>
T* of_this_thread() {
    struct Owner {
        T*& object;
        bool& gone;

        Owner(T*& its_object, bool& its_end) noexcept : object{its_object}, gone{its_end} {}

        Owner(const Owner&) = delete;
        Owner& operator=(const Owner&) = delete;

        ~Owner() {
            gone = true;
            const std::unique_ptr<T> last{object};
            object = nullptr;
        }
    };

    // These have no destructors, so they may be read until the very end of the thread.
    static constinit thread_local T* object = nullptr;
    static constinit thread_local bool gone = false;
    if (object == nullptr && !gone) [[unlikely]] {
        thread_local const Owner owner{object, gone};
        try {
            object = std::make_unique<T>().release();
        } catch (const std::bad_alloc&) {
            return nullptr;
        }
    }
    return object;
}

} // namespace bus::internal
