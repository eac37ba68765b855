#pragma once

#include <bus/dispatch/observer_sink.hpp>

#include <boost/signals2/connection.hpp>
#include <boost/signals2/shared_connection_block.hpp>
#include <boost/signals2/signal.hpp>

#include <exception>
#include <memory>
#include <string_view>
#include <vector>

namespace bus {

class Bus;

namespace detail {

/// Calls every slot, whatever the others throw, and returns what they threw.
struct CatchingCombiner {
    using result_type = std::vector<std::exception_ptr>;

    template <class Iterator>
    result_type operator()(Iterator slot, Iterator end) const {
        result_type thrown;
        for (; slot != end; ++slot) {
            try {
                *slot; // calls it
            } catch (...) {
                thrown.push_back(std::current_exception());
            }
        }
        return thrown;
    }
};

} // namespace detail

/// A Boost.Signals2 signal: connect, groups, tracking, blocking and scoped_connection work as its
/// documentation says. What a slot throws is told to `trouble`; the other slots run all the same.
template <class... Args>
using ObserverSignal = boost::signals2::signal<void(Args...), detail::CatchingCombiner>;

/// Signals for those who watch a bus and change nothing. Slots run on the thread on which the thing
/// happens, without a lock of ours held: they may connect, disconnect and publish, and must be
/// safe to call from several threads at once. An event reference is valid during the call.
///
/// Thread safe. It may be destroyed before or after the bus, also by one of its own slots.
class Observers {
    class Sink;
    std::shared_ptr<Sink> sink_; // first: the signals are its members

public:
    /// Begins to watch. Throws std::logic_error where the bus is watched already: share that
    /// object, for a signal takes any number of slots.
    explicit Observers(Bus& bus);
    Observers(const Observers&) = delete;
    Observers& operator=(const Observers&) = delete;
    /// Disconnects all slots, and waits until those that run on other threads have returned. As
    /// with thread::join, holding a lock that such a slot waits for deadlocks.
    ~Observers();

    /// An event was published (with a store: is committed).
    ObserverSignal<const DomainEvent&>& published;
    /// A handler (second argument empty) or the step of the named agent has finished.
    ObserverSignal<const DomainEvent&, std::string_view>& handled;
    /// A handler (second argument empty) threw, or an attempt of the named agent's step failed.
    ObserverSignal<const DomainEvent&, std::string_view, const Failure&>& failed;
    /// Neither a handler nor an agent takes events of this type.
    ObserverSignal<const DomainEvent&>& unhandled;
    /// The named agent gave up on the event.
    ObserverSignal<const DomainEvent&, std::string_view, const Failure&>& dead_lettered;
    /// Something of which no caller hears: a commit that failed and is tried again, a slot of
    /// another signal that threw. What a slot of this one throws goes nowhere.
    ObserverSignal<std::string_view>& trouble;
};

} // namespace bus
