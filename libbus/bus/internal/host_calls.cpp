#include <bus/internal/host_calls.hpp>

#include <stdexcept>

namespace bus::internal {

namespace {

constinit thread_local const HostCalls::Scope* innermost = nullptr;

} // namespace

// Each side writes before it reads: either the call sees that no call begins any more, or
// none_elsewhere() sees the call.
HostCalls::Scope::Scope(HostCalls& calls) : calls_{calls}, outer_{innermost} {
    calls_.check_open(); // before it counts, or calls that come too late would be waited for
    ++calls_.under_way_;
    try {
        calls_.check_open();
    } catch (...) {
        --calls_.under_way_;
        throw;
    }
    innermost = this;
}

HostCalls::Scope::~Scope() {
    innermost = outer_;
    --calls_.under_way_;
}

void HostCalls::check_open() const {
    if (closed_) {
        throw std::logic_error{
            "the bus was destroyed at the end of the program, and is still called: use it before "
            "main() returns, or construct it before the objects whose destructors use it"};
    }
}

bool HostCalls::none_elsewhere() const noexcept {
    std::uint32_t own = 0;
    for (const Scope* scope = innermost; scope != nullptr; scope = scope->outer_) {
        own += &scope->calls_ == this ? 1 : 0;
    }
    return under_way_ == own;
}

} // namespace bus::internal
