#pragma once

#include <bus/dispatch/attention.hpp>
#include <bus/dispatch/observer_sink.hpp>
#include <bus/runtime/home_process.hpp>

#include <boost/signals2/connection.hpp>
#include <boost/signals2/shared_connection_block.hpp>
#include <boost/signals2/signal.hpp>

#include <cstdint>
#include <exception>
#include <memory>
#include <string_view>
#include <vector>

namespace bus {

class Bus;

namespace detail {

/// Calls every slot, even if others throw, and returns the exceptions.
struct CatchingCombiner {
    using result_type = std::vector<std::exception_ptr>;

    template <class Iterator>
    result_type operator()(Iterator slot, Iterator end) const {
        result_type thrown;
        for (; slot != end; ++slot) {
            try {
                *slot; // calls the slot
            } catch (...) {
                thrown.push_back(std::current_exception());
            }
        }
        return thrown;
    }
};

} // namespace detail

/// A Boost.Signals2 signal that the bus emits. Connections, groups, tracking, blocking and
/// scoped_connection work as Signals2 documents them. If a slot throws, the exception is reported
/// to `trouble`, and the other slots run all the same.
///
/// Until a slot is connected, the bus reports nothing, and a publish costs no more than without
/// Observers. If all slots are disconnected, the same is true again from the next report on, which
/// finds no slot. The base class is private, because a slot that was connected through it would
/// hear nothing.
template <class... Args>
class ObserverSignal : boost::signals2::signal<void(Args...), detail::CatchingCombiner> {
    using Signal = boost::signals2::signal<void(Args...), detail::CatchingCombiner>;

public:
    using typename Signal::extended_slot_function_type;
    using typename Signal::extended_slot_type;
    using typename Signal::group_type;
    using typename Signal::signature_type;
    using typename Signal::slot_function_type;
    using typename Signal::slot_type;

    ObserverSignal() = default;

    using Signal::disconnect;
    using Signal::disconnect_all_slots;
    using Signal::empty;
    using Signal::num_slots;

    /// Connects a slot, which hears of everything that happens after connect has returned. Throws
    /// std::logic_error in a child of fork(). The same holds for the overloads below.
    boost::signals2::connection
    connect(const slot_type& slot,
            boost::signals2::connect_position position = boost::signals2::at_back) {
        check_process();
        return watched(Signal::connect(slot, position));
    }

    /// The same for a slot in a group. Slots run in the order of their groups, as Signals2
    /// documents.
    boost::signals2::connection
    connect(const group_type& group, const slot_type& slot,
            boost::signals2::connect_position position = boost::signals2::at_back) {
        check_process();
        return watched(Signal::connect(group, slot, position));
    }

    /// The same for a slot that takes its own connection as its first argument, before the others.
    boost::signals2::connection
    connect_extended(const extended_slot_type& slot,
                     boost::signals2::connect_position position = boost::signals2::at_back) {
        check_process();
        return watched(Signal::connect_extended(slot, position));
    }

    /// The same for a slot in a group.
    boost::signals2::connection
    connect_extended(const group_type& group, const extended_slot_type& slot,
                     boost::signals2::connect_position position = boost::signals2::at_back) {
        check_process();
        return watched(Signal::connect_extended(group, slot, position));
    }

private:
    friend class Observers;

    void check_process() const { home_.check("what observes a bus"); }

    boost::signals2::connection watched(boost::signals2::connection made) {
        attention_.listen();
        switch_->watch();
        return made;
    }

    [[nodiscard]] bool has_slots() noexcept {
        return attention_.listening([this] { return !this->empty(); });
    }

    detail::HomeProcess home_;
    detail::Attention attention_;
    std::shared_ptr<ObserverSwitch> switch_; ///< set before a user can reach the signal
};

/// Signals for observers, which watch a bus and change nothing. Slots run on the thread that raises
/// the signal, while the bus holds no lock. They may connect, disconnect and publish, and must be
/// safe to call from several threads at once. An event reference is valid only during the call.
///
/// Thread safe. An Observers may be destroyed before or after the bus, even by one of its own
/// slots. In a child of fork(), connecting throws std::logic_error and the destructor does nothing.
class Observers {
    class Sink;
    std::shared_ptr<Sink> sink_; // declared first: the signals are its members

public:
    /// Watches the bus as soon as a slot is connected. Throws std::logic_error if another Observers
    /// or sink watches the bus. Share that one instead: a signal takes any number of slots.
    explicit Observers(Bus& bus);
    Observers(const Observers&) = delete;
    Observers& operator=(const Observers&) = delete;
    /// Disconnects all slots, and waits until slots that run on other threads have returned. If the
    /// caller holds a lock that such a slot waits for, this deadlocks, as with std::thread::join.
    ~Observers();

    /// An event was published; with a store, it is committed.
    ObserverSignal<const DomainEvent&>& published;
    /// A handler or an agent's step has finished. If a slot takes a std::string_view instead of
    /// Handled, it gets Handled::by: the agent's name, or an empty text for a handler.
    ObserverSignal<const DomainEvent&, const Handled&>& handled;
    /// A handler threw (the second argument is empty), or an attempt of a step of the named agent
    /// failed. A step that is not ready has not failed.
    ///
    /// If the agent's event cannot be read, the slots of this signal and of dead_lettered get a
    /// placeholder: its members have default values, and Failure::unread() has its stored form.
    ObserverSignal<const DomainEvent&, std::string_view, const Failure&>& failed;
    /// The step of the named agent is not ready, and is tried again: what it needs is not there
    /// yet, or the event is of a newer version than this program knows.
    ObserverSignal<const DomainEvent&, std::string_view, const Failure&>& not_ready;
    /// An event was published whose type no handler and no agent takes. A handler counts even if it
    /// is blocked or its filter refuses the event.
    ObserverSignal<const DomainEvent&>& unhandled;
    /// The named agent gave up on the event.
    ObserverSignal<const DomainEvent&, std::string_view, const Failure&>& dead_lettered;
    /// A sequence of the named agent is now held up: its first event waits behind a delivery that
    /// was deferred or given up. The number is the position of that delivery, or 0 without a store.
    /// Later events of the sequence wait too, and are not reported.
    ObserverSignal<const DomainEvent&, std::string_view, std::uint64_t>& parked;
    /// A handler was subscribed; it may have run already.
    ObserverSignal<const HandlerDescription&>& subscribed;
    /// A subscription has ended, and its handler is not called again. A call on another thread may
    /// still be running. The end of the bus itself is not reported.
    ///
    /// A subscription that ends by itself is reported later. If its handler runs `once`, that is
    /// when the dispatch has ended. If the object that it was tied to is gone, it is reported after
    /// the next publish of its type, or by one of the next few calls of subscribe for the type.
    ObserverSignal<const HandlerDescription&>& unsubscribed;
    /// The named agent was added; it may have started already.
    ObserverSignal<std::string_view>& agent_added;
    /// Trouble that no caller hears of: for example a commit that failed and is tried again, or a
    /// slot of another signal that threw. If a slot of this signal throws, the exception goes to
    /// BusOptions::unheard.
    ObserverSignal<std::string_view>& trouble;
};

} // namespace bus
