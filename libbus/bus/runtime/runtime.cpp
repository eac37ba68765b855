#include <bus/runtime/runtime.hpp>

namespace bus {

std::size_t Runtime::poll(std::size_t /*limit*/) {
    return 0;
}

void Runtime::linger(std::chrono::nanoseconds /*time*/) noexcept {}

} // namespace bus
