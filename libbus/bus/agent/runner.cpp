#include <bus/agent/runner.hpp>

namespace bus {

void RunnerHub::note_change() {
    {
        const std::lock_guard lock{mutex_};
        ++changes_;
    }
    changed_.notify_all();
}

bool RunnerHub::wait(const std::function<bool()>& done, std::optional<Duration> timeout) {
    std::unique_lock lock{mutex_};
    return runtime_.wait(lock, changed_, done, timeout);
}

} // namespace bus
