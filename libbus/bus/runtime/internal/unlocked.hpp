#pragma once

#include <mutex>

namespace bus::internal {

/// Releases a lock while in scope and takes it again at the end, also if an exception leaves the
/// scope.
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
