#include <bus/bus.hpp>
#include <bus/observers.hpp>

#include <atomic>
#include <cstdint>
#include <string>
#include <type_traits>

namespace bus {

namespace {

/// How many emissions, of any bus, are under way on this thread.
thread_local unsigned emission_depth = 0;

} // namespace

/// The signals, and the way from the bus to them. Each emission shares ownership of it, so it
/// outlives an Observers object that a slot destroys.
class Observers::Sink final : public ObserverSink {
public:
    const detail::HomeProcess home;
    /// Itself, in a child of fork(), so that it is never destroyed there.
    std::shared_ptr<Sink> left_behind;
    ObserverSignal<const DomainEvent&> published;
    ObserverSignal<const DomainEvent&, const Handled&> handled;
    ObserverSignal<const DomainEvent&, std::string_view, const Failure&> failed;
    ObserverSignal<const DomainEvent&, std::string_view, const Failure&> not_ready;
    ObserverSignal<const DomainEvent&> unhandled;
    ObserverSignal<const DomainEvent&, std::string_view, const Failure&> dead_lettered;
    ObserverSignal<const DomainEvent&, std::string_view, std::uint64_t> parked;
    ObserverSignal<const HandlerDescription&> subscribed;
    ObserverSignal<const HandlerDescription&> unsubscribed;
    ObserverSignal<std::string_view> agent_added;
    ObserverSignal<std::string_view> trouble;

    /// To be called once, before anybody else can connect.
    void connects_by(const std::shared_ptr<ObserverSwitch>& to_watch) {
        each([&](auto& signal) { signal.switch_ = to_watch; });
        to_bus_ = to_watch;
    }

    void on_published(const DomainEvent& event) noexcept override {
        emit("published", published, event);
    }

    void on_handled(const DomainEvent& event, std::string_view by) noexcept override {
        on_finished(event, {.by = by});
    }

    void on_finished(const DomainEvent& event, const Handled& what) noexcept override {
        emit("handled", handled, event, what);
    }

    void on_failed(const DomainEvent& event, std::string_view by,
                   const Failure& failure) noexcept override {
        emit("failed", failed, event, by, failure);
    }

    void on_not_ready(const DomainEvent& event, std::string_view agent,
                      const Failure& failure) noexcept override {
        emit("not_ready", not_ready, event, agent, failure);
    }

    void on_unhandled(const DomainEvent& event) noexcept override {
        emit("unhandled", unhandled, event);
    }

    void on_dead_lettered(const DomainEvent& event, std::string_view agent,
                          const Failure& failure) noexcept override {
        emit("dead_lettered", dead_lettered, event, agent, failure);
    }

    void on_parked(const DomainEvent& event, std::string_view agent,
                   std::uint64_t behind) noexcept override {
        emit("parked", parked, event, agent, behind);
    }

    void on_trouble(std::string_view what) noexcept override {
        const Emission emission{*this};
        if (closed_ || !trouble.has_slots()) {
            return;
        }
        for (const std::exception_ptr& thrown : trouble(what)) {
            to_bus_->unheard(text_of_thrown("trouble", thrown));
        }
    }

    void on_subscribed(const HandlerDescription& handler) noexcept override {
        emit("subscribed", subscribed, handler);
    }

    void on_unsubscribed(const HandlerDescription& handler) noexcept override {
        emit("unsubscribed", unsubscribed, handler);
    }

    void on_agent_added(std::string_view agent) noexcept override {
        emit("agent_added", agent_added, agent);
    }

    /// True if any signal has a slot. Counts as an emission, because looking for slots may destroy
    /// disconnected ones.
    [[nodiscard]] bool wanted() noexcept override {
        const Emission emission{*this};
        bool any = false;
        if (!closed_) {
            each([&](auto& signal) { any = any || signal.has_slots(); });
        }
        return any;
    }

    /// Counts as an emission, as wanted() does.
    [[nodiscard]] bool hears(Alarm alarm) noexcept override {
        const Emission emission{*this};
        if (closed_) {
            return false;
        }
        switch (alarm) {
        case Alarm::failed: return failed.has_slots();
        case Alarm::dead_lettered: return dead_lettered.has_slots();
        case Alarm::trouble: return trouble.has_slots();
        }
        return true;
    }

    [[nodiscard]] bool closed() const noexcept override { return closed_; }

    /// Emits nothing more, and returns when no other thread is emitting.
    void close() {
        closed_ = true;
        each([](auto& signal) { signal.disconnect_all_slots(); });
        if (emission_depth > 0) {
            return; // a slot called this, and cannot wait for itself
        }
        for (std::uint32_t running = running_; running > 0; running = running_) {
            running_.wait(running);
        }
    }

private:
    /// The most frequent signals come first.
    template <class F>
    void each(F&& see) {
        see(handled);
        see(published);
        see(failed);
        see(not_ready);
        see(unhandled);
        see(dead_lettered);
        see(parked);
        see(subscribed);
        see(unsubscribed);
        see(agent_added);
        see(trouble);
    }

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
        // Only after the count was raised: close() relies on this order.
        if (closed_ || !signal.has_slots()) {
            return;
        }
        for (const std::exception_ptr& thrown : signal(args...)) {
            const std::string what = text_of_thrown(name, thrown);
            if (trouble.has_slots()) {
                on_trouble(what);
            } else {
                to_bus_->unheard(what);
            }
        }
    }

    static std::string text_of_thrown(const char* signal, const std::exception_ptr& thrown) {
        return std::string{"a slot of the observers' signal "} + signal +
               " threw: " + Failure::from(thrown).what();
    }

    std::shared_ptr<ObserverSwitch> to_bus_;

    std::atomic<bool> closed_{false};
    std::atomic<std::uint32_t> running_{0};
};

Observers::Observers(Bus& bus)
    : sink_{std::make_shared<Sink>()},
      published{sink_->published},
      handled{sink_->handled},
      failed{sink_->failed},
      not_ready{sink_->not_ready},
      unhandled{sink_->unhandled},
      dead_lettered{sink_->dead_lettered},
      parked{sink_->parked},
      subscribed{sink_->subscribed},
      unsubscribed{sink_->unsubscribed},
      agent_added{sink_->agent_added},
      trouble{sink_->trouble} {
    sink_->connects_by(bus.set_observer_sink(sink_));
}

Observers::~Observers() {
    if (!sink_->home.destroyed_here("an object of bus::Observers")) {
        sink_->left_behind = sink_;
        detail::leave_behind(sink_.get());
        return;
    }
    sink_->close();
}

} // namespace bus
