#pragma once

#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <latch>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

/// The peers with which libbus's mailboxes are compared. Each has `post(i, event)`, from any thread
/// to the consumer with that number, and `finish(sum)`, which waits until all events are added up.
namespace bench {

/// An event of a program without a bus.
struct Small {
    std::int64_t order = 0;
    std::int64_t cents = 0;
    std::int64_t more[6] = {};
};

static_assert(sizeof(Small) == 64);

/// Threads, and a queue for each: a mutex and a deque that is swapped whole.
template <class Event>
class Deques {
public:
    explicit Deques(std::int64_t consumers) : consumers_(static_cast<std::size_t>(consumers)) {}

    void post(std::size_t consumer, const Event& event) { consumers_[consumer].post(event); }

    void finish(std::int64_t sum) {
        for (Consumer& consumer : consumers_) {
            consumer.wait_for(sum);
        }
    }

private:
    class Consumer {
    public:
        Consumer() : thread_{[this] { run(); }} {}

        Consumer(const Consumer&) = delete;
        Consumer& operator=(const Consumer&) = delete;

        ~Consumer() {
            {
                const std::lock_guard lock{mutex_};
                stopping_ = true;
            }
            changed_.notify_one();
            thread_.join();
        }

        void post(const Event& event) {
            bool wake = false;
            {
                const std::lock_guard lock{mutex_};
                queue_.push_back(event);
                wake = std::exchange(waiting_, false);
            }
            if (wake) {
                changed_.notify_one();
            }
        }

        void wait_for(std::int64_t sum) {
            std::unique_lock lock{mutex_};
            done_.wait(lock, [&] { return sum_ == sum; });
        }

    private:
        void run() {
            std::deque<Event> mine;
            std::unique_lock lock{mutex_};
            for (;;) {
                while (queue_.empty() && !stopping_) {
                    done_.notify_all();
                    waiting_ = true;
                    changed_.wait(lock);
                }
                if (queue_.empty()) {
                    return;
                }
                mine.swap(queue_);
                lock.unlock();
                std::int64_t more = 0;
                for (const Event& event : mine) {
                    more += event.cents;
                    asm volatile("" : : "g"(more) : "memory"); // each is looked at
                }
                mine.clear();
                lock.lock();
                sum_ += more;
            }
        }

        std::mutex mutex_;
        std::condition_variable changed_;
        std::condition_variable done_;
        std::deque<Event> queue_;
        std::int64_t sum_ = 0;
        bool waiting_ = false;
        bool stopping_ = false;
        std::thread thread_;
    };

    std::deque<Consumer> consumers_; // they stay where they are
};

/// A strand for each on one thread pool, and a lambda with the event by value.
template <class Event>
class Strands {
public:
    explicit Strands(std::int64_t consumers)
        : pool_{std::max(2U, std::thread::hardware_concurrency())},
          sums_(static_cast<std::size_t>(consumers)) {
        for (std::int64_t i = 0; i < consumers; ++i) {
            strands_.push_back(boost::asio::make_strand(pool_));
        }
    }

    Strands(const Strands&) = delete;
    Strands& operator=(const Strands&) = delete;

    ~Strands() { pool_.join(); }

    void post(std::size_t consumer, const Event& event) {
        boost::asio::post(strands_[consumer],
                          [event, &sum = sums_[consumer]] { sum += event.cents; });
    }

    void finish(std::int64_t /*sum*/) {
        std::latch done{static_cast<std::ptrdiff_t>(strands_.size())};
        for (Strand& strand : strands_) {
            boost::asio::post(strand, [&] { done.count_down(); });
        }
        done.wait();
    }

private:
    using Strand = boost::asio::strand<boost::asio::thread_pool::executor_type>;

    boost::asio::thread_pool pool_;
    std::vector<Strand> strands_;
    std::vector<std::int64_t> sums_;
};

} // namespace bench
