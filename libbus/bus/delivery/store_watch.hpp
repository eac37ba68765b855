#pragma once

#include <bus/agent/runner.hpp>
#include <bus/store/writer.hpp>

#include <memory>
#include <mutex>
#include <optional>

namespace bus {

/// Makes the writer check regularly that the store is still the one that was opened. Without it, a
/// program that publishes nothing would not notice. Thread safe.
class StoreWatch : public std::enable_shared_from_this<StoreWatch> {
public:
    StoreWatch(Writer& writer, std::shared_ptr<RunnerHub> hub)
        : writer_{writer}, hub_{std::move(hub)} {}

    /// Checks each time that `every` has passed. If it is zero, never checks.
    void start(Duration every);
    /// After it has returned, the writer is not called any more.
    void stop();

private:
    using Lock = std::unique_lock<std::mutex>;
    void look_later(Lock& lock);

    Writer& writer_;
    std::shared_ptr<RunnerHub> hub_;
    std::mutex mutex_;
    Duration every_{};
    bool stopped_ = true;
    std::optional<Runtime::TimerId> timer_;
};

} // namespace bus
