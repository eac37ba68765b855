#include <bus/agent/internal/worker_frame.hpp>

namespace bus::internal {

namespace {

thread_local const WorkerFrame* innermost = nullptr;

} // namespace

WorkerFrame::WorkerFrame(Worker& worker) noexcept : worker_{worker}, outer_{innermost} {
    innermost = this;
}

WorkerFrame::~WorkerFrame() {
    innermost = outer_;
}

bool WorkerFrame::any() noexcept {
    return innermost != nullptr;
}

bool WorkerFrame::of(const Worker& worker) noexcept {
    for (const WorkerFrame* frame = innermost; frame != nullptr; frame = frame->outer_) {
        if (&frame->worker_ == &worker) {
            return true;
        }
    }
    return false;
}

void WorkerFrame::tell_waits(bool begins) noexcept {
    for (const WorkerFrame* frame = innermost; frame != nullptr; frame = frame->outer_) {
        frame->worker_.waits(begins);
    }
}

} // namespace bus::internal
