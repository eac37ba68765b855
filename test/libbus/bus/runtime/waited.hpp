#pragma once

#include <bus/runtime/runtime.hpp>

#include <condition_variable>
#include <mutex>
#include <optional>

namespace test {

/// The objects that Runtime::wait needs.
struct Waited {
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;

    void finish() {
        const std::lock_guard lock{mutex};
        done = true;
        changed.notify_all();
    }

    bool wait(bus::Runtime& runtime, std::optional<bus::Duration> timeout = {}) {
        std::unique_lock lock{mutex};
        return runtime.wait(
            lock, changed, [this] { return done; }, timeout);
    }
};

} // namespace test
