#pragma once

#include <bus/bus.hpp>
#include <bus/observers.hpp>

#include <boost/signals2/signal.hpp>
#include <sigc++/signal.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <typeindex>
#include <unordered_map>
#include <vector>

/// Five ways from a publish to its handlers. Each peer has the same shape: subscribe(handler),
/// publish(event).
namespace bench {

struct ShelfFilledEvent : bus::Event<ShelfFilledEvent> {
    std::string shelf;
    std::int64_t items = 0;
};
BUS_DESCRIBE_EVENT(ShelfFilledEvent, (shelf, items))

/// The sum to which the handlers add. Each thread has one, because the peers are compared by the
/// cache lines that they write, not by those that the handlers write.
extern constinit thread_local std::int64_t total;

/// The trivial handler, the same for all: a callable that holds one pointer.
struct Count {
    const std::int64_t* weight;

    void operator()(const ShelfFilledEvent& event) const { total += *weight + event.items; }
};

/// The limit: calls through std::function, without look-up of a type and without any safety.
class Loop {
public:
    void subscribe(Count handler) { handlers_.emplace_back(handler); }

    void publish(const ShelfFilledEvent& event) {
        for (const auto& handler : handlers_) {
            handler(event);
        }
    }

private:
    std::vector<std::function<void(const ShelfFilledEvent&)>> handlers_;
};

class Libbus {
public:
    void subscribe(Count handler) {
        subscriptions_.push_back(bus_.subscribe<ShelfFilledEvent>(handler));
    }

    void publish(const ShelfFilledEvent& event) { bus_.publish(event); }

    bus::Bus& bus() { return bus_; }

private:
    bus::Bus bus_;
    std::vector<bus::Subscription> subscriptions_;
};

/// With Observers that have no slot. It should cost as much as without Observers.
class LibbusObserved : public Libbus {
protected:
    bus::Observers& observers() { return observers_; }

private:
    bus::Observers observers_{bus()};
};

/// With a connected slot.
class LibbusObservedSlot : public LibbusObserved {
public:
    LibbusObservedSlot() {
        observers().handled.connect(
            [this](const bus::DomainEvent&, std::string_view) { ++handled_; });
    }

private:
    std::int64_t handled_ = 0;
};

/// One signal, known by name where it is emitted, without look-up of a type.
class Signals2 {
public:
    void subscribe(Count handler) { signal_.connect(handler); }

    void publish(const ShelfFilledEvent& event) { signal_(event); }

private:
    boost::signals2::signal<void(const ShelfFilledEvent&)> signal_;
};

/// The usual home-made bus: a hash map from the type to its signal. The mutex is held during the
/// look-up and the emission, as in textbooks, so that the map does not change during a dispatch.
/// (If it were held only during the look-up, a shared_ptr would have to be copied, which is two
/// more writes to a shared line, and the mutex would still be taken in each publish.)
class TextbookSignals2 {
public:
    void subscribe(Count handler) {
        const std::lock_guard lock{mutex_};
        signals_[typeid(ShelfFilledEvent)].connect([handler](const bus::DomainEvent& event) {
            handler(static_cast<const ShelfFilledEvent&>(event));
        });
    }

    void publish(const ShelfFilledEvent& event) {
        const std::lock_guard lock{mutex_};
        const auto found = signals_.find(typeid(ShelfFilledEvent));
        if (found != signals_.end()) {
            found->second(event);
        }
    }

private:
    using Signal = boost::signals2::signal<void(const bus::DomainEvent&)>;

    std::mutex mutex_;
    std::unordered_map<std::type_index, Signal> signals_;
};

/// One signal of a library that is not thread safe.
class Sigcpp {
public:
    void subscribe(Count handler) { signal_.connect(handler); }

    void publish(const ShelfFilledEvent& event) { signal_.emit(event); }

private:
    sigc::signal<void(const ShelfFilledEvent&)> signal_;
};

} // namespace bench
