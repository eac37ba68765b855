#pragma once

#include <bus/store/event_store.hpp>

#include <mutex>
#include <stdexcept>
#include <string>

namespace bus::internal {

/// A bus on the seat of its store, from its making until it has stopped. What still writes after
/// that (pruning, cancelling a timer) takes the seat for as long as it lasts. Thread safe.
class SeatedBus {
public:
    /// Without a store there is nothing to sit on. Throws std::logic_error where another bus sits
    /// there.
    explicit SeatedBus(EventStore* store) : store_{store} { enter(); }

    SeatedBus(const SeatedBus&) = delete;
    SeatedBus& operator=(const SeatedBus&) = delete;

    ~SeatedBus() { leave(); }

    /// The bus has stopped, and writes nothing by itself any more. Idempotent.
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

    /// Somebody who writes through the bus. Throws std::logic_error where the bus has stopped and
    /// another one sits there.
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
