#pragma once

#include <bus/runtime/polled_runtime.hpp>
#include <bus/runtime/simulated_runtime.hpp>
#include <bus/runtime/system_runtime.hpp>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

/// The runtimes under the conformance suite, each with what it needs to run.
namespace test {

/// A host's executor: a queue and a thread, unless the test runs or drops the tasks itself.
class HostLoop final : public bus::Executor {
public:
    void post(bus::Task task) override {
        {
            const std::lock_guard lock{mutex_};
            tasks_.push_back(std::move(task));
        }
        changed_.notify_one();
    }

    /// Runs tasks until end() is called and none is left.
    void run() {
        std::unique_lock lock{mutex_};
        for (;;) {
            changed_.wait(lock, [this] { return ended_ || !tasks_.empty(); });
            if (tasks_.empty()) {
                return;
            }
            const bus::Task task = take();
            lock.unlock();
            task();
            lock.lock();
        }
    }

    void end() {
        {
            const std::lock_guard lock{mutex_};
            ended_ = true;
        }
        changed_.notify_all();
    }

    std::deque<bus::Task> take_all() {
        const std::lock_guard lock{mutex_};
        return std::exchange(tasks_, {});
    }

private:
    bus::Task take() {
        bus::Task task = std::move(tasks_.front());
        tasks_.pop_front();
        return task;
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<bus::Task> tasks_;
    bool ended_ = false;
};

/// Yields until `done`; false if this takes longer than any test may.
inline bool yield_until(bus::Runtime& runtime, const std::function<bool()>& done,
                        const std::function<void()>& drive = std::this_thread::yield) {
    const bus::Timestamp end = runtime.now() + std::chrono::seconds{50};
    while (!done()) {
        if (runtime.now() > end) {
            return false;
        }
        drive();
    }
    return true;
}

struct OneThread {
    static constexpr bool in_order = true;     // tasks run in the order of their posting
    static constexpr bool many_threads = true; // may post
    static constexpr bool by_itself = true;

    explicit OneThread(unsigned threads = 1)
        : runtime{std::make_shared<bus::SystemRuntime>(threads)} {}

    bool until(const std::function<bool()>& done) { return yield_until(*runtime, done); }

    std::shared_ptr<bus::SystemRuntime> runtime;
};

struct ThreeThreads : OneThread {
    static constexpr bool in_order = false;

    ThreeThreads() : OneThread{3} {}
};

struct OnHost {
    static constexpr bool in_order = true;
    static constexpr bool many_threads = true;
    static constexpr bool by_itself = true;

    OnHost() = default;
    OnHost(const OnHost&) = delete;
    OnHost& operator=(const OnHost&) = delete;

    ~OnHost() {
        runtime.reset();
        loop->end();
        thread.join();
    }

    bool until(const std::function<bool()>& done) { return yield_until(*runtime, done); }

    std::shared_ptr<HostLoop> loop = std::make_shared<HostLoop>();
    std::thread thread{[this] { loop->run(); }};
    std::shared_ptr<bus::SystemRuntime> runtime = std::make_shared<bus::SystemRuntime>(loop);
};

struct Polled {
    static constexpr bool in_order = true;
    static constexpr bool many_threads = true;
    static constexpr bool by_itself = false;

    bool until(const std::function<bool()>& done) {
        return yield_until(*runtime, done, [this] {
            if (runtime->poll() == 0) {
                std::this_thread::yield();
            }
        });
    }

    std::shared_ptr<bus::PolledRuntime> runtime = std::make_shared<bus::PolledRuntime>();
};

struct Simulated {
    static constexpr bool in_order = false;
    static constexpr bool many_threads = false;
    static constexpr bool by_itself = false;

    bool until(const std::function<bool()>& done) {
        while (!done() && runtime->run_until_idle() > 0) {
        }
        return done();
    }

    std::shared_ptr<bus::SimulatedRuntime> runtime = std::make_shared<bus::SimulatedRuntime>();
};

} // namespace test
