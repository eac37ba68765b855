#include <bus/runtime/internal/ordered_executor.hpp>
#include <bus/runtime/internal/unlocked.hpp>

#include <deque>
#include <thread>
#include <utility>

namespace bus::internal {

class OrderedExecutor::State : public std::enable_shared_from_this<State> {
public:
    explicit State(Executor& pool) : pool_{pool} {}

    void post(Task task) {
        {
            const std::lock_guard lock{mutex_};
            tasks_.push_back(std::move(task));
            if (std::exchange(queued_, true)) {
                return;
            }
        }
        queue_next();
    }

    void run_all() {
        std::unique_lock lock{mutex_};
        queued_ = true;
        closed_ = true;
        for (;;) {
            if (runs_elsewhere()) {
                ended_.wait(lock);
            } else if (!tasks_.empty()) {
                run_first(lock);
            } else {
                return;
            }
        }
    }

private:
    void queue_next() {
        pool_.post([self = shared_from_this()] { self->run_next(); });
    }

    void run_next() {
        std::unique_lock lock{mutex_};
        if (running_ != std::thread::id{} || tasks_.empty()) {
            return; // run_all() runs the tasks, or has run them
        }
        run_first(lock);
        if (closed_ || tasks_.empty()) {
            queued_ = closed_;
            return;
        }
        lock.unlock();
        queue_next();
    }

    void run_first(std::unique_lock<std::mutex>& lock) {
        const auto outer = std::exchange(running_, std::this_thread::get_id());
        const Task task = std::move(tasks_.front());
        tasks_.pop_front();
        {
            const Unlocked unlocked{lock};
            task();
        }
        running_ = outer;
        ended_.notify_all();
    }

    [[nodiscard]] bool runs_elsewhere() const {
        return running_ != std::thread::id{} && running_ != std::this_thread::get_id();
    }

    Executor& pool_;
    std::mutex mutex_;
    std::condition_variable ended_;
    std::deque<Task> tasks_;
    bool queued_ = false; // an entry in the queue of the pool will run the next task
    bool closed_ = false; // run_all() will run the next task
    std::thread::id running_;
};

OrderedExecutor::OrderedExecutor(Executor& pool) : state_{std::make_shared<State>(pool)} {}

OrderedExecutor::~OrderedExecutor() {
    state_->run_all();
}

void OrderedExecutor::post(Task task) {
    state_->post(std::move(task));
}

} // namespace bus::internal
