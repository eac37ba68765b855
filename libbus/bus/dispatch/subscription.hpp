#pragma once

#include <functional>
#include <memory>
#include <utility>

namespace bus {

namespace detail {
struct HandlerSlot;
}

/// The handle of a subscribed handler: when it goes, the subscription ends. Movable; a moved-from
/// one is empty. It may outlive the bus. Not thread safe itself; different ones are independent.
class [[nodiscard]] Subscription {
public:
    Subscription() noexcept = default;
    explicit Subscription(std::shared_ptr<detail::HandlerSlot> slot) noexcept;
    Subscription(Subscription&& other) noexcept = default;
    Subscription& operator=(Subscription&& other) noexcept;
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;
    ~Subscription();

    /// Ends it, and waits until the handler runs on no other thread; called inside a dispatch, it
    /// returns at once, and the handler is not called again. Harmless a second time. Calling it
    /// while holding a lock that the handler waits for deadlocks, as thread::join does.
    void unsubscribe() noexcept;

    /// True while the handler may be called.
    [[nodiscard]] bool active() const noexcept;

private:
    std::shared_ptr<detail::HandlerSlot> slot_;
};

} // namespace bus
