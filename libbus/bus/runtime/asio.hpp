#pragma once

#include <bus/runtime/home_process.hpp>
#include <bus/runtime/polled_runtime.hpp>
#include <bus/runtime/runtime.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

/// A bus in a program on Boost.Asio. No other header of libbus includes Asio. Asio's headers are
/// enough: there is nothing to link besides libbus::bus.
namespace bus {

namespace detail {
class AsioLink;
} // namespace detail

/// A runtime without threads of its own, which the loop of an io_context runs. The host calls
/// io.run() and nothing else; above all, not poll().
///
///     boost::asio::io_context io;
///     bus::Bus bus{{.runtime = bus::asio_runtime(io)}};
///
/// Steps, timers, posted handlers and the writer of a store run within io.run(), one at a time, and
/// at most 32 in a row before other handlers have their turn. Several threads may call io.run(). In
/// each of them every call that waits for the bus (a publish for its commit, Ticket::wait,
/// Bus::wait_idle, Bus::stop) runs the bus's tasks meanwhile. Other threads only wait, with two
/// exceptions: before the loop has run its first task, and after the thread that ran the last task
/// has ended, any thread that waits runs tasks (see PolledRuntime).
///
/// While a task is ready or a timer waits, the runtime counts as work of the io_context. Otherwise
/// it does not: io.run() returns when nothing is left to do. If other threads are still going to
/// publish, keep a work guard. An open store always has timers, until Bus::stop; io.run() returns
/// within a second after that.
///
/// The bus and the io_context may end in either order. The runtime ends with the last pointer to
/// it: it drops its tasks and timers, and cancels its wait in the io_context. After the end of the
/// io_context, tasks run only in threads that wait and may run them. A stopped io_context keeps
/// everything until it is restarted. If a task throws, io.run() throws it, and the next io.run()
/// goes on with the other tasks. In a child of fork() the runtime's handlers in the io_context do
/// nothing.
std::shared_ptr<Runtime> asio_runtime(boost::asio::io_context& io);

/// Makes an executor of Asio usable as the host's executor of a SystemRuntime. It may be the
/// executor of an io_context, a thread_pool or a strand.
///
///     bus::Bus bus{{.runtime = std::make_shared<bus::SystemRuntime>(
///                       std::make_shared<bus::AsioExecutor>(io))}};
///
/// On a strand, or if one thread runs the context, tasks run in the order in which they were
/// posted, one at a time. Only queued tasks count as work of the context: a loop that should wait
/// for more needs a work guard. Queued tasks outlive this object. A stopped context keeps them. A
/// context that ends drops them without running them, and from then on post() drops its tasks too.
/// If a task throws, so does the function that runs the context. Thread safe.
class AsioExecutor final : public Executor {
public:
    /// Throws std::invalid_argument if the executor is empty.
    explicit AsioExecutor(boost::asio::any_io_executor executor);

    /// The executor of an execution context, such as an io_context or a thread_pool.
    template <std::derived_from<boost::asio::execution_context> Context>
    explicit AsioExecutor(Context& context)
        : AsioExecutor{boost::asio::any_io_executor{context.get_executor()}} {}

    ~AsioExecutor() override;

    /// Queues the task in the context. Drops it if the context has ended.
    void post(Task task) override;

private:
    std::shared_ptr<detail::AsioLink> link_;
};

namespace detail {

/// Holds an executor until its context ends. An executor of Asio points to its context, and a
/// strand uses the context in its destructor. Therefore every use happens under a lock that the end
/// of the context takes too.
class AsioLink {
public:
    explicit AsioLink(boost::asio::any_io_executor executor) : executor_{std::move(executor)} {}

    /// Calls `use`, which must not run any user code, with the executor. Returns false if the
    /// context has ended.
    template <class F>
    bool with(F use) {
        const std::lock_guard lock{mutex_};
        if (!executor_) {
            return false;
        }
        use(std::as_const(executor_));
        return true;
    }

    void close() {
        const std::lock_guard lock{mutex_};
        executor_ = nullptr;
    }

private:
    std::mutex mutex_;
    boost::asio::any_io_executor executor_; // empty: closed
};

/// Closes the links to a context when it ends, before its queue is destroyed.
class AsioLinks final : public boost::asio::execution_context::service {
public:
    using key_type = AsioLinks;
    inline static boost::asio::execution_context::id id;

    explicit AsioLinks(boost::asio::execution_context& context) : service{context} {}

    static std::shared_ptr<AsioLink> to(const boost::asio::any_io_executor& executor) {
        if (!executor) {
            throw std::invalid_argument{"AsioExecutor: the executor is empty; give that of an "
                                        "io_context, a thread_pool or a strand"};
        }
        auto& context = boost::asio::query(
            executor, boost::asio::execution::context_as_t<boost::asio::execution_context&>{});
        auto link = std::make_shared<AsioLink>(executor);
        boost::asio::use_service<AsioLinks>(context).add(link);
        return link;
    }

private:
    void add(const std::shared_ptr<AsioLink>& link) {
        const std::lock_guard lock{mutex_};
        std::erase_if(links_, [](const auto& old) { return old.expired(); });
        links_.push_back(link);
    }

    void shutdown() override {
        std::vector<std::weak_ptr<AsioLink>> links;
        {
            const std::lock_guard lock{mutex_};
            links.swap(links_);
        }
        for (const auto& weak : links) {
            if (const auto link = weak.lock()) {
                link->close();
            }
        }
    }

    std::mutex mutex_;
    std::vector<std::weak_ptr<AsioLink>> links_;
};

/// A runtime, and its turns in the loop of an io_context. Handlers in the io_context hold only weak
/// pointers to it.
class AsioPump : public std::enable_shared_from_this<AsioPump> {
public:
    explicit AsioPump(boost::asio::io_context& io)
        : link_{AsioLinks::to(io.get_executor())},
          runtime_{[this]() noexcept { wake(); }, [this] { return in_loop(); }} {}

    AsioPump(const AsioPump&) = delete;
    AsioPump& operator=(const AsioPump&) = delete;

    ~AsioPump() {
        if (home_.here()) {
            link_->with([this](const auto& /*executor*/) { cancel_timer(); });
        }
    }

    Runtime& runtime() { return runtime_; }

private:
    using Timer = boost::asio::steady_timer;
    using Time = PolledRuntime::Clock::time_point;

    enum class State : std::uint8_t {
        idle,
        queued,  // a turn is queued in the io_context
        running, // a turn is running
        woken,   // woken while a turn was running: another turn must follow
    };

    static constexpr std::size_t tasks_a_turn = 32;

    // If memory runs out here or in end_turn(), the program ends. Otherwise the bus would stop
    // working unnoticed.
    void wake() noexcept {
        if (begin(State::queued)) {
            queue_turn();
        }
    }

    bool in_loop() {
        bool inside = false;
        link_->with([&inside](const boost::asio::any_io_executor& executor) {
            using Loop = boost::asio::io_context::executor_type;
            inside = executor.target<Loop>()->running_in_this_thread();
        });
        return inside;
    }

    void queue_turn() {
        link_->with([this](const boost::asio::any_io_executor& executor) {
            boost::asio::post(executor, [weak = weak_from_this()] {
                if (const auto pump = weak.lock(); pump && pump->home_.here()) {
                    pump->begin_queued();
                    pump->take_turn();
                }
            });
        });
    }

    void take_turn() {
        try {
            runtime_.poll(tasks_a_turn);
        } catch (...) {
            end_turn();
            throw;
        }
        end_turn();
    }

    void end_turn() noexcept {
        if (!home_.here()) { // a task has called fork()
            return;
        }
        if (!woken()) {
            wait_for_timer();
        }
        if (end_running() == State::queued) {
            queue_turn();
        }
    }

    // Called within a turn, so on one thread at a time. If the present wait ends before the timer
    // is due, it is kept, because that costs only one turn. If no timer is left, the wait is
    // cancelled; otherwise io.run() would not return.
    void wait_for_timer() {
        const Time now = PolledRuntime::Clock::now();
        std::optional<Time> due = runtime_.next_due();
        // Either another thread runs tasks while it waits, and will wake this one, or the timer has
        // become due just now. In the first case, a wait with no length would end and begin again
        // and again.
        if (due && *due <= now) {
            due = now + std::chrono::milliseconds{1};
        }
        if (due && *due >= waits_until_ && waits_until_ > now) {
            return;
        }
        link_->with([&](const boost::asio::any_io_executor& executor) {
            if (!due) {
                cancel_timer();
                return;
            }
            auto timer = timer_.lock();
            if (!timer) {
                timer = std::make_shared<Timer>(executor);
                timer_ = timer;
            }
            timer->expires_at(*due);
            timer->async_wait([timer, weak = weak_from_this()](const auto& error) {
                if (const auto pump = weak.lock(); !error && pump && pump->home_.here()) {
                    if (pump->begin(State::running)) {
                        pump->take_turn();
                    }
                }
            });
            waits_until_ = *due;
        });
    }

    void cancel_timer() {
        waits_until_ = Time::min();
        if (const auto timer = timer_.lock()) {
            timer->cancel();
        }
    }

    /// Returns false if a turn will come anyway.
    bool begin(State state) {
        const std::lock_guard lock{mutex_};
        if (state_ == State::running) {
            state_ = State::woken;
        }
        if (state_ != State::idle) {
            return false;
        }
        state_ = state;
        return true;
    }

    void begin_queued() {
        const std::lock_guard lock{mutex_};
        state_ = State::running;
    }

    State end_running() {
        const std::lock_guard lock{mutex_};
        state_ = state_ == State::woken ? State::queued : State::idle;
        return state_;
    }

    [[nodiscard]] bool woken() const {
        const std::lock_guard lock{mutex_};
        return state_ == State::woken;
    }

    const HomeProcess home_;
    const std::shared_ptr<AsioLink> link_;
    mutable std::mutex mutex_;
    State state_ = State::idle; // under the mutex
    // A timer belongs to the handler that waits for it, and so ends before the io_context does.
    std::weak_ptr<Timer> timer_;
    Time waits_until_ = Time::min();
    PolledRuntime runtime_; // destroyed first: what it drops may still call wake()
};

} // namespace detail

inline std::shared_ptr<Runtime> asio_runtime(boost::asio::io_context& io) {
    const auto pump = std::make_shared<detail::AsioPump>(io);
    return {pump, &pump->runtime()};
}

inline AsioExecutor::AsioExecutor(boost::asio::any_io_executor executor)
    : link_{detail::AsioLinks::to(executor)} {}

inline AsioExecutor::~AsioExecutor() {
    link_->close();
}

inline void AsioExecutor::post(Task task) {
    // If the task is dropped, it is destroyed without the lock, because its destructor may post.
    link_->with([&task](const boost::asio::any_io_executor& executor) {
        boost::asio::post(executor, std::move(task));
    });
}

} // namespace bus
