#pragma once

#include <bus/runtime/runtime.hpp>

#include <memory>

namespace bus::internal {

/// The host's executor as a pool. Tasks wait in a queue of the pool. For each of them the host gets
/// a voucher, which runs the first task that waits. So nothing happens if the host runs or drops a
/// voucher after the end of the pool, and the tasks that are left can be run without the host.
class HostPool final : public Executor {
public:
    explicit HostPool(std::shared_ptr<Executor> host);
    /// Calls run_left().
    ~HostPool() override;

    /// Runs what the host has not run, and waits for the tasks that the host is running on other
    /// threads.
    void run_left() noexcept;

    void post(Task task) override;

    /// Runtime::wait for a runtime on this pool. Throws std::logic_error if it would have to wait
    /// although the host has dropped a voucher.
    bool wait(std::unique_lock<std::mutex>& lock, std::condition_variable& changed,
              const std::function<bool()>& done, std::optional<Duration> timeout);

private:
    class State;
    class Voucher;

    std::shared_ptr<State> state_; // lives as long as any voucher
    std::shared_ptr<Executor> host_;
};

} // namespace bus::internal
