#pragma once

#include <bus/store/event_store.hpp>

#include <mutex>
#include <stdexcept>
#include <string>

namespace bus::internal {

/// A bus in the writer seat of its store, from its construction until it has stopped. Operations
/// that still write after that, such as pruning or cancelling a timer, take the seat while they
/// run. Thread safe.
class SeatedBus {
public:
    /// Does nothing if `store` is null. Throws std::logic_error if another bus has the seat.
    explicit SeatedBus(EventStore* store) : store_{store} { enter(); }

    SeatedBus(const SeatedBus&) = delete;
    SeatedBus& operator=(const SeatedBus&) = delete;

    ~SeatedBus() { leave(); }

    /// Gives up the seat, because the bus has stopped and writes nothing more on its own.
    /// Idempotent.
    void leave() noexcept {
        bool seated = false;
        {
            const std::lock_guard lock{mutex_};
            seated = std::exchange(seated_, false);
        }
        if (seated) {
            exit();
        }
    }

    /// Something that writes through the bus while in scope. Throws std::logic_error if the bus has
    /// stopped and another one has the seat.
    class User {
    public:
        explicit User(SeatedBus& bus) : bus_{bus} { bus_.enter(); }

        User(const User&) = delete;
        User& operator=(const User&) = delete;

        ~User() { bus_.exit(); }

    private:
        SeatedBus& bus_;
    };

private:
    void enter() {
        const std::lock_guard lock{mutex_};
        if (users_ == 0 && store_ != nullptr && !store_->writer_seat().take()) {
            throw std::logic_error{
                store_->description() +
                " has a bus already, and a store takes one at a time: use that bus, stop it first, "
                "or open another store for this one"};
        }
        ++users_;
    }

    void exit() noexcept {
        const std::lock_guard lock{mutex_};
        if (--users_ == 0 && store_ != nullptr) {
            store_->writer_seat().leave();
        }
    }

    EventStore* store_;
    std::mutex mutex_;
    std::size_t users_ = 0;
    bool seated_ = true;
};

} // namespace bus::internal
