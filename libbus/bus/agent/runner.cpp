#include <bus/agent/runner.hpp>

#include <stdexcept>

namespace bus {

Executor& steps_of(const Agent& agent, Runtime& runtime) {
    const AgentSettings& settings = agent.settings();
    const StepPool& pool = settings.pool;
    return runtime.steps(pool.name, pool.threads != 0 ? pool.threads : settings.workers);
}

std::shared_ptr<ObserverSink> RunnerHub::sink() noexcept {
    std::shared_ptr<ObserverSink> sink;
    const bool wanted = cares_.listening([&] {
        {
            const std::lock_guard lock{sink_mutex_};
            sink = sink_.lock();
        }
        // Runs the host's code, so not under the lock.
        return sink && !sink->closed() && sink->wanted();
    });
    return wanted ? sink : nullptr;
}

void RunnerHub::set_sink(std::weak_ptr<ObserverSink> sink) {
    const std::shared_ptr<ObserverSink> comes = sink.lock();
    std::shared_ptr<ObserverSink> present; // may be the last reference: released after the lock
    {
        const std::lock_guard lock{sink_mutex_};
        present = sink_.lock();
        if (comes && present && !present->closed()) {
            throw std::logic_error{"this bus has an observer sink already, and takes only one; "
                                   "share the Observers that it has, or remove that sink first"};
        }
        sink_ = std::move(sink);
    }
    if (comes && comes->wanted()) {
        watch();
    }
}

void RunnerHub::note_change() {
    count_change();
    wake_waiters();
}

void RunnerHub::wake_waiters() {
    if (waiters_ == 0) {
        return;
    }
    { const std::lock_guard lock{mutex_}; }
    changed_.notify_all();
}

bool RunnerHub::wait(const std::function<bool()>& done, std::optional<Duration> timeout) {
    struct Waiter {
        explicit Waiter(std::atomic<unsigned>& c) : count{c} { ++count; }

        Waiter(const Waiter&) = delete;
        Waiter& operator=(const Waiter&) = delete;

        ~Waiter() { --count; }

        std::atomic<unsigned>& count;
    };

    const Waiter waiter{waiters_};
    std::unique_lock lock{mutex_};
    return runtime_.wait(lock, changed_, done, timeout);
}

} // namespace bus
