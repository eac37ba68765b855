#pragma once

namespace bus {

/// Something whose work threads do: a lane of an agent's mailbox, timers.
class Worker {
public:
    Worker() = default;
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    virtual ~Worker() = default;

    /// The thread that does its work begins, or ends, to wait for another worker. Whoever waits
    /// for this one meanwhile waits no longer: two that wait for each other would for ever.
    virtual void waits(bool /*begins*/) noexcept {}
};

/// While in scope, this thread works for a bus: it runs a step, a timer, or a handler on behalf of
/// one of these. Such a thread is never made to wait for room in a mailbox, nor for what it does
/// itself. Scopes nest, since a simulated wait runs tasks.
class WorkerScope {
public:
    /// `bus`: whatever stands for it; `worker`: whose work it is, where that can be waited for.
    explicit WorkerScope(const void* bus, Worker* worker = nullptr) noexcept;
    WorkerScope(const WorkerScope&) = delete;
    WorkerScope& operator=(const WorkerScope&) = delete;
    ~WorkerScope();

    /// True on a thread that works for any bus.
    [[nodiscard]] static bool active() noexcept;
    /// True on one that works for this one, directly or further out.
    [[nodiscard]] static bool active_for(const void* bus) noexcept;
    /// True on one that does the work of this worker, directly or further out.
    [[nodiscard]] static bool works_for(const Worker& worker) noexcept;
    /// Tells all workers whose work this thread does.
    static void tell_waits(bool begins) noexcept;

private:
    template <class Is>
    static bool any(Is is) noexcept;

    const void* bus_;
    Worker* worker_;
    const WorkerScope* outer_;
};

} // namespace bus
