#pragma once

#include <bus/dispatch/handler_slot.hpp>

namespace bus {

/// While it lives, the handler is skipped. Blocks nest: the handler runs again when the last one
/// has gone. Movable; it may outlive the subscription and the bus.
class [[nodiscard]] SubscriptionBlock {
public:
    SubscriptionBlock() noexcept = default;
    explicit SubscriptionBlock(detail::SlotRef slot) noexcept;
    SubscriptionBlock(SubscriptionBlock&& other) noexcept = default;
    SubscriptionBlock& operator=(SubscriptionBlock&& other) noexcept;
    SubscriptionBlock(const SubscriptionBlock&) = delete;
    SubscriptionBlock& operator=(const SubscriptionBlock&) = delete;
    ~SubscriptionBlock();

    /// Ends the block early. Harmless a second time.
    void unblock() noexcept;

private:
    detail::SlotRef slot_;
};

/// The handle of a subscribed handler: when it goes, the subscription ends. Movable; a moved-from
/// one is empty. It may outlive the bus. Not thread safe itself; different ones are independent.
class [[nodiscard]] Subscription {
public:
    Subscription() noexcept = default;
    explicit Subscription(detail::SlotRef slot) noexcept;
    Subscription(Subscription&& other) noexcept = default;
    Subscription& operator=(Subscription&& other) noexcept;
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;
    ~Subscription();

    /// Ends it, waits until the handler runs on no thread, and destroys the handler (one that has
    /// ended by itself, by `once` or with what it was tied to, is destroyed by the thread that
    /// found that, when its outermost dispatch ends). Called inside a dispatch, it returns at once:
    /// the handler is called no more, and the wait happens when this thread's outermost dispatch
    /// ends. Harmless a second time. Calling it while holding a lock that the handler waits for
    /// deadlocks, as thread::join does. Does nothing in a child of fork().
    void unsubscribe() noexcept;

    /// Gives up the handle: the handler stays for as long as the bus, or the object that it is tied
    /// to.
    void release() noexcept;

    /// Lets publishes skip the handler while the returned object lives. No barrier: a call that has
    /// begun on another thread goes on.
    SubscriptionBlock block();

    /// True while the handler may be called; a block does not count.
    [[nodiscard]] bool active() const noexcept;

private:
    detail::SlotRef slot_;
};

} // namespace bus
