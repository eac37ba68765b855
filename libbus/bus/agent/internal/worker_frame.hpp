#pragma once

namespace bus::internal {

/// Something whose work threads do: a lane of an agent's mailbox, timers.
class Worker {
public:
    Worker() = default;
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// The thread that does its work begins, or ends, to wait for another worker. Whoever waits
    /// for this one meanwhile waits no longer: two that wait for each other would for ever.
    virtual void waits(bool /*begins*/) noexcept {}

protected:
    ~Worker() = default;
};

/// Marks, while in scope, that this thread does the work of a worker: it must not wait for that,
/// nor for room. Frames nest, since a simulated wait runs tasks.
class WorkerFrame {
public:
    explicit WorkerFrame(Worker& worker) noexcept;
    WorkerFrame(const WorkerFrame&) = delete;
    WorkerFrame& operator=(const WorkerFrame&) = delete;
    ~WorkerFrame();

    /// True where this thread does anybody's work.
    [[nodiscard]] static bool any() noexcept;
    /// True where it does that of `worker`.
    [[nodiscard]] static bool of(const Worker& worker) noexcept;
    /// Tells all workers whose work this thread does.
    static void tell_waits(bool begins) noexcept;

private:
    Worker& worker_;
    const WorkerFrame* outer_;
};

} // namespace bus::internal
