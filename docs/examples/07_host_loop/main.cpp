// A bus without threads of its own: in the host's loop, then on the host's executor.
#include <bus/bus.hpp>
#include <bus/runtime/polled_runtime.hpp>
#include <bus/runtime/system_runtime.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <condition_variable>
#include <iostream>
#include <mutex>
#include <thread>

struct GuestArrivedEvent : bus::Event<GuestArrivedEvent> {
    std::string guest_id;
};
BUS_DESCRIBE_EVENT(GuestArrivedEvent, (guest_id), bus::aggregate_id<&GuestArrivedEvent::guest_id>)

/// Greets, and says whether it does so on the thread that it was given.
class Porter : public bus::Agent {
public:
    explicit Porter(std::thread::id home) : Agent{"porter"}, home_{home} {
        on<GuestArrivedEvent>(&Porter::greet);
    }

private:
    void greet(const GuestArrivedEvent& guest, bus::Context& /*context*/) {
        const bool here = std::this_thread::get_id() == home_;
        std::cout << "welcome, " << guest.guest_id << (here ? ", in the loop\n" : ", elsewhere\n");
    }

    std::thread::id home_;
};

/// A loop as a host may have one: it sleeps until somebody wakes it, or a time has come.
class Loop {
public:
    using Time = bus::PolledRuntime::Clock::time_point;

    void wake() {
        {
            const std::lock_guard lock{mutex_};
            woken_ = true;
        }
        changed_.notify_one();
    }

    void sleep_until(std::optional<Time> due) {
        std::unique_lock lock{mutex_};
        const auto woken = [this] { return woken_; };
        if (due) {
            changed_.wait_until(lock, *due, woken);
        } else {
            changed_.wait(lock, woken);
        }
        woken_ = false;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool woken_ = false;
};

void in_a_loop() {
    Loop loop;
    // tag::bus[]
    const auto runtime = std::make_shared<bus::PolledRuntime>([&loop] { loop.wake(); });
    bus::Bus bus{{.runtime = runtime}};
    // end::bus[]
    bus.emplace<Porter>(std::this_thread::get_id());

    // Timers need no thread either.
    bool closing = false;
    runtime->schedule(std::chrono::milliseconds{20}, [&] { closing = true; });

    std::thread street{[&bus] {
        for (const char* guest : {"ada", "bob"}) {
            bus.publish(GuestArrivedEvent{{}, guest});
        }
    }};
    street.join();
    // tag::loop[]
    while (!closing) {
        loop.sleep_until(runtime->next_due());
        bus.poll();
    }
    // end::loop[]
    bus.publish(GuestArrivedEvent{{}, "cleo"});
    bus.stop(bus::Stop::drain); // runs in this thread what is left
}

// tag::executor[]
/// What the bus needs to know of Asio.
class AsioExecutor : public bus::Executor {
public:
    explicit AsioExecutor(boost::asio::io_context& context) : context_{context} {}

    void post(bus::Task task) override { boost::asio::post(context_, std::move(task)); }

private:
    boost::asio::io_context& context_;
};

// end::executor[]

void on_an_executor() {
    boost::asio::io_context context;
    auto work = boost::asio::make_work_guard(context);
    std::thread host{[&context] { context.run(); }};
    {
        bus::Bus bus{{.runtime = std::make_shared<bus::SystemRuntime>(
                          std::make_shared<AsioExecutor>(context))}};
        bus.emplace<Porter>(host.get_id());
        bus.publish(GuestArrivedEvent{{}, "dan"});
        bus.stop(bus::Stop::drain); // waits, while the context runs
    }                               // the bus and its runtime go first, the context last
    work.reset();
    host.join();
}

int main() {
    in_a_loop();
    on_an_executor();
}
