#pragma once

#include <bus/runtime/runtime.hpp>

#include <memory>

namespace bus::internal {

/// Runs tasks in order on another executor, never one inside the other. Its end runs what is
/// queued, in the thread that ends it, and waits for the one that runs on another thread.
class OrderedExecutor final : public Executor {
public:
    explicit OrderedExecutor(Executor& pool);
    ~OrderedExecutor() override;

    void post(Task task) override;

private:
    class State;
    std::shared_ptr<State> state_; // lives as long as an entry in the queue of the pool does
};

} // namespace bus::internal
