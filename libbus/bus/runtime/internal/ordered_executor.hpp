#pragma once

#include <bus/runtime/runtime.hpp>

#include <memory>

namespace bus::internal {

/// Runs tasks in order on another executor, never one inside another. The destructor runs what is
/// queued, in the calling thread, and waits for a task that runs on another thread.
class OrderedExecutor final : public Executor {
public:
    explicit OrderedExecutor(Executor& pool);
    ~OrderedExecutor() override;

    void post(Task task) override;

private:
    class State;
    std::shared_ptr<State> state_; // lives as long as an entry in the queue of the pool
};

} // namespace bus::internal
