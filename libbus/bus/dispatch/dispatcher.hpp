#pragma once

#include <bus/dispatch/handler_description.hpp>
#include <bus/dispatch/observer_sink.hpp>
#include <bus/dispatch/subscription.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

namespace bus {

/// How a handler is subscribed.
struct SubscribeOptions {
    int priority = 0;  ///< higher runs earlier; equal ones in the order of subscription
    bool once = false; ///< it runs at most once, then the subscription has ended
    std::string name;  ///< for those who look at the program: see EventGraph
};

/// What one publish came to in this thread.
struct DispatchReport {
    std::size_t handled = 0;                  ///< handlers that returned
    std::vector<std::exception_ptr> failures; ///< what the others threw
};

namespace detail {

/// One subscribed handler; shared by its Subscription, its topic and the snapshots.
struct HandlerSlot {
    using Call = std::function<void(const DomainEvent&)>;
    using Filter = std::function<bool(const DomainEvent&)>;

    const EventType* type = nullptr;
    Call call;
    Filter filter;
    SubscribeOptions options;
    std::atomic<bool> active{true};
    std::atomic<std::uint32_t> running{0};
};

} // namespace detail

/// Calls the handlers of an event in the publisher's thread, depth first. All members are thread
/// safe; no lock is held while a handler runs.
class Dispatcher {
public:
    using Call = detail::HandlerSlot::Call;
    using Filter = detail::HandlerSlot::Filter;

    /// Subscribes to events of a type and of those that derive from it. `filter` may be empty.
    Subscription subscribe(const EventType& type, Call call, Filter filter,
                           const SubscribeOptions& options);

    /// Calls the handlers of the event's type. What a handler throws is kept in the report, told to
    /// the sink (which may be null), and keeps no other handler from running.
    DispatchReport dispatch(const DomainEvent& event, ObserverSink* sink);

    /// True where some handler takes events of this type.
    [[nodiscard]] bool has_handlers(const EventType& type);

    /// The handlers that are subscribed, in the order of subscription.
    [[nodiscard]] std::vector<HandlerDescription> handlers();

private:
    using Slots = std::vector<std::shared_ptr<detail::HandlerSlot>>;
    using Snapshot = std::shared_ptr<const Slots>;

    Snapshot snapshot_of(const EventType& type);
    Snapshot build(const EventType& type);

    std::shared_mutex mutex_;
    Slots slots_;
    std::vector<Snapshot> snapshots_; ///< by type index; null: to be built
};

} // namespace bus
