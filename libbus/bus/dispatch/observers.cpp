#include <bus/bus.hpp>
#include <bus/dispatch/observers.hpp>

#include <atomic>
#include <cstdint>
#include <string>
#include <type_traits>

namespace bus {

namespace {

/// Emissions that are under way on this thread, of whatever bus.
thread_local unsigned emission_depth = 0;

} // namespace

/// The signals, and the way from the bus to them. An emission shares it, so that it outlives an
/// Observers that a slot destroys.
class Observers::Sink final : public ObserverSink {
public:
    ObserverSignal<const DomainEvent&> published;
    ObserverSignal<const DomainEvent&, std::string_view> handled;
    ObserverSignal<const DomainEvent&, std::string_view, const Failure&> failed;
    ObserverSignal<const DomainEvent&> unhandled;
    ObserverSignal<const DomainEvent&, std::string_view, const Failure&> dead_lettered;
    ObserverSignal<std::string_view> trouble;

    void on_published(const DomainEvent& event) noexcept override {
        emit("published", published, event);
    }

    void on_handled(const DomainEvent& event, std::string_view by) noexcept override {
        emit("handled", handled, event, by);
    }

    void on_failed(const DomainEvent& event, std::string_view by,
                   const Failure& failure) noexcept override {
        emit("failed", failed, event, by, failure);
    }

    void on_unhandled(const DomainEvent& event) noexcept override {
        emit("unhandled", unhandled, event);
    }

    void on_dead_lettered(const DomainEvent& event, std::string_view agent,
                          const Failure& failure) noexcept override {
        emit("dead_lettered", dead_lettered, event, agent, failure);
    }

    void on_trouble(std::string_view what) noexcept override {
        const Emission emission{*this};
        if (!closed_) {
            trouble(what);
        }
    }

    [[nodiscard]] bool closed() const noexcept override { return closed_; }

    /// Emits nothing more, and returns when nothing is being emitted on other threads.
    void close() {
        closed_ = true;
        published.disconnect_all_slots();
        handled.disconnect_all_slots();
        failed.disconnect_all_slots();
        unhandled.disconnect_all_slots();
        dead_lettered.disconnect_all_slots();
        trouble.disconnect_all_slots();
        if (emission_depth > 0) {
            return; // a slot asks: waiting for itself it would wait for ever
        }
        for (std::uint32_t running = running_; running > 0; running = running_) {
            running_.wait(running);
        }
    }

private:
    struct Emission {
        explicit Emission(Sink& s) noexcept : sink{s} {
            ++emission_depth;
            ++sink.running_;
        }

        Emission(const Emission&) = delete;
        Emission& operator=(const Emission&) = delete;

        ~Emission() {
            --emission_depth;
            --sink.running_;
            sink.running_.notify_all();
        }

        Sink& sink;
    };

    template <class... Args>
    void emit(const char* name, ObserverSignal<Args...>& signal,
              const std::type_identity_t<Args>&... args) noexcept {
        const Emission emission{*this};
        // After the count has gone up: this order is what close() relies on.
        if (closed_ || signal.empty()) {
            return;
        }
        for (const std::exception_ptr& thrown : signal(args...)) {
            trouble(std::string{"a slot of the observers' signal "} + name +
                    " threw: " + Failure::from(thrown).what());
        }
    }

    std::atomic<bool> closed_{false};
    std::atomic<std::uint32_t> running_{0};
};

Observers::Observers(Bus& bus)
    : sink_{std::make_shared<Sink>()},
      published{sink_->published},
      handled{sink_->handled},
      failed{sink_->failed},
      unhandled{sink_->unhandled},
      dead_lettered{sink_->dead_lettered},
      trouble{sink_->trouble} {
    bus.set_observer_sink(sink_);
}

Observers::~Observers() {
    sink_->close();
}

} // namespace bus
