#pragma once

#include <bus/dispatch/handler_slot.hpp>

namespace bus {

/// Blocks a handler: publishes skip it while this object lives. Blocks nest: the handler runs again
/// when the last one is gone. Movable; it may outlive the subscription and the bus.
class [[nodiscard]] SubscriptionBlock {
public:
    SubscriptionBlock() noexcept = default;
    /// For the bus; Subscription::block() makes blocks.
    explicit SubscriptionBlock(detail::SlotRef slot) noexcept;
    /// Takes over the other block, which is empty then.
    SubscriptionBlock(SubscriptionBlock&& other) noexcept = default;
    /// Ends this block, and takes over the other one.
    SubscriptionBlock& operator=(SubscriptionBlock&& other) noexcept;
    SubscriptionBlock(const SubscriptionBlock&) = delete;
    SubscriptionBlock& operator=(const SubscriptionBlock&) = delete;
    ~SubscriptionBlock();

    /// Ends the block early. Idempotent.
    void unblock() noexcept;

private:
    detail::SlotRef slot_;
};

/// The handle of a subscribed handler: destroying it ends the subscription. Movable; a moved-from
/// handle is empty. It may outlive the bus. A single handle is not thread safe; different handles
/// are independent.
class [[nodiscard]] Subscription {
public:
    Subscription() noexcept = default;
    /// For the bus; Bus::subscribe() makes subscriptions.
    explicit Subscription(detail::SlotRef slot) noexcept;
    /// Takes over the other handle, which is empty then.
    Subscription(Subscription&& other) noexcept = default;
    /// Ends this subscription as unsubscribe() does, and takes over the other one.
    Subscription& operator=(Subscription&& other) noexcept;
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;
    ~Subscription();

    /// Ends the subscription, waits until the handler runs on no thread, and destroys the handler.
    /// Idempotent. Does nothing in a child of fork().
    ///
    /// Inside a dispatch it returns at once: the handler is not called again, and the wait happens
    /// when this thread's outermost dispatch ends. If the subscription has ended by itself, by
    /// `once` or with the object that it was tied to, the thread that noticed this destroys the
    /// handler when its outermost dispatch ends.
    ///
    /// If the caller holds a lock that the handler waits for, it deadlocks, as with thread::join.
    void unsubscribe() noexcept;

    /// Gives up the handle. The handler stays subscribed as long as the bus lives, or the object
    /// that it is tied to.
    void release() noexcept;

    /// Makes publishes skip the handler while the returned object lives. It is no barrier: a call
    /// that has begun on another thread continues.
    SubscriptionBlock block();

    /// True until the subscription has ended, even while the handler is blocked.
    [[nodiscard]] bool active() const noexcept;

private:
    detail::SlotRef slot_;
};

} // namespace bus
