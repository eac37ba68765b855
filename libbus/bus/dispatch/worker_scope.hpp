#pragma once

namespace bus {

/// Something whose work is done by threads: a lane of an agent's mailbox, or timers.
class Worker {
public:
    Worker() = default;
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    virtual ~Worker() = default;

    /// Called when the thread that does this work begins, or ends, a wait for another worker.
    /// During that time nobody waits for this worker: two workers that wait for each other would
    /// wait for ever.
    virtual void waits(bool /*begins*/) noexcept {}
};

/// While it is in scope, this thread works for a bus: it runs a step, a timer, or a handler that
/// one of these calls. Such a thread never waits for room in a mailbox, nor for its own work.
/// Scopes nest, because a simulated wait runs tasks.
class WorkerScope {
public:
    /// `bus`: any pointer that stands for the bus. `worker`: whose work it is, if others can wait
    /// for it.
    explicit WorkerScope(const void* bus, Worker* worker = nullptr) noexcept;
    WorkerScope(const WorkerScope&) = delete;
    WorkerScope& operator=(const WorkerScope&) = delete;
    ~WorkerScope();

    /// True if this thread works for any bus.
    [[nodiscard]] static bool active() noexcept;
    /// True if this thread works for this bus, in the current scope or in an outer one.
    [[nodiscard]] static bool active_for(const void* bus) noexcept;
    /// True if this thread does the work of this worker, in the current scope or in an outer one.
    [[nodiscard]] static bool works_for(const Worker& worker) noexcept;
    /// Reports to all workers whose work this thread does that it begins, or ends, a wait.
    static void tell_waits(bool begins) noexcept;

private:
    template <class Is>
    static bool any(Is is) noexcept;

    const void* bus_;
    Worker* worker_;
    const WorkerScope* outer_;
};

} // namespace bus
