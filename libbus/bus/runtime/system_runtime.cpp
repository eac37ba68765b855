#include <bus/runtime/system_environment.hpp>
#include <bus/runtime/system_runtime.hpp>

#include <pthread.h>

#include <algorithm>
#include <deque>
#include <map>
#include <thread>
#include <vector>

namespace bus {

namespace {

using Steady = std::chrono::steady_clock;

void name_this_thread(const std::string& name) {
    // Linux keeps 15 characters; a name is for debuggers only, so an error is of no concern.
    pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
}

} // namespace

/// A queue of tasks and the threads that run them; destroying it runs what is queued first.
class SystemRuntime::Threads final : public Executor {
public:
    Threads(const std::string& name, unsigned count) {
        for (unsigned i = 0; i < count; ++i) {
            threads_.emplace_back([this, name] {
                name_this_thread(name);
                run();
            });
        }
    }

    ~Threads() override {
        {
            const std::lock_guard lock{mutex_};
            stopping_ = true;
        }
        changed_.notify_all();
        for (std::thread& thread : threads_) {
            thread.join();
        }
    }

    void post(Task task) override {
        {
            const std::lock_guard lock{mutex_};
            tasks_.push_back(std::move(task));
        }
        changed_.notify_one();
    }

private:
    void run() {
        std::unique_lock lock{mutex_};
        for (;;) {
            changed_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
            if (tasks_.empty()) {
                return;
            }
            Task task = std::move(tasks_.front());
            tasks_.pop_front();
            lock.unlock();
            task();
            task = nullptr;
            lock.lock();
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Task> tasks_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

/// One thread that hands tasks to the pool when they are due.
class SystemRuntime::Timers {
public:
    explicit Timers(Executor& pool) : pool_{pool}, thread_{[this] { run(); }} {}

    ~Timers() {
        {
            const std::lock_guard lock{mutex_};
            stopping_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }

    TimerId add(Duration delay, Task task) {
        const auto due = Steady::now() + std::max(delay, Duration::zero());
        const std::lock_guard lock{mutex_};
        const TimerId id = ++last_id_;
        const auto place = queue_.emplace(Key{due, id}, std::move(task)).first;
        due_of_.emplace(id, due);
        if (place == queue_.begin()) {
            changed_.notify_all();
        }
        return id;
    }

    bool cancel(TimerId id) {
        const std::lock_guard lock{mutex_};
        const auto found = due_of_.find(id);
        if (found == due_of_.end()) {
            return false;
        }
        queue_.erase(Key{found->second, id});
        due_of_.erase(found);
        return true;
    }

private:
    using Key = std::pair<Steady::time_point, TimerId>;

    void run() {
        name_this_thread("bus-timers");
        std::unique_lock lock{mutex_};
        while (!stopping_) {
            if (queue_.empty()) {
                changed_.wait(lock);
                continue;
            }
            const auto first = queue_.begin();
            if (first->first.first > Steady::now()) {
                const auto due = first->first.first;
                changed_.wait_until(lock, due);
                continue;
            }
            Task task = std::move(first->second);
            due_of_.erase(first->first.second);
            queue_.erase(first);
            pool_.post(std::move(task));
        }
    }

    Executor& pool_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<Key, Task> queue_;
    std::map<TimerId, Steady::time_point> due_of_;
    TimerId last_id_ = 0;
    bool stopping_ = false;
    std::thread thread_;
};

SystemRuntime::SystemRuntime(unsigned threads) {
    if (threads == 0) {
        threads = std::max(2U, std::thread::hardware_concurrency());
    }
    pool_ = std::make_unique<Threads>("bus-pool", threads);
    timers_ = std::make_unique<Timers>(*pool_);
}

SystemRuntime::~SystemRuntime() {
    timers_.reset();
    pool_.reset();
}

Timestamp SystemRuntime::now() {
    return SystemEnvironment::instance().now();
}

std::uint64_t SystemRuntime::random() {
    return SystemEnvironment::instance().random();
}

Executor& SystemRuntime::pool() {
    return *pool_;
}

std::unique_ptr<Executor> SystemRuntime::dedicated(const std::string& name) {
    return std::make_unique<Threads>(name, 1);
}

Runtime::TimerId SystemRuntime::schedule(Duration delay, Task task) {
    return timers_->add(delay, std::move(task));
}

bool SystemRuntime::cancel(TimerId timer) {
    return timers_->cancel(timer);
}

bool SystemRuntime::wait(std::unique_lock<std::mutex>& lock, std::condition_variable& changed,
                         const std::function<bool()>& done, std::optional<Duration> timeout) {
    if (!timeout) {
        changed.wait(lock, done);
        return true;
    }
    return changed.wait_for(lock, *timeout, done);
}

} // namespace bus
