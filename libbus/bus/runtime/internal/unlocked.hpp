#pragma once

#include <mutex>

namespace bus::internal {

/// Takes a lock off while in scope, also where that is left by an exception.
class Unlocked {
public:
    explicit Unlocked(std::unique_lock<std::mutex>& lock) : lock_{lock} { lock_.unlock(); }

    Unlocked(const Unlocked&) = delete;
    Unlocked& operator=(const Unlocked&) = delete;

    ~Unlocked() { lock_.lock(); }

private:
    std::unique_lock<std::mutex>& lock_;
};

} // namespace bus::internal
