#pragma once

#include <bus/dispatch/observer_sink.hpp>
#include <bus/dispatch/unheard.hpp>

#include <memory>
#include <utility>

namespace bus {

/// Reports to the sink that watches the bus. If no observer hears of a failure, Unheard writes it.
class Teller final : public ObserverSink {
public:
    /// `sink` may be null.
    Teller(std::shared_ptr<ObserverSink> sink, Unheard& unheard)
        : sink_{std::move(sink)}, unheard_{unheard} {}

    void on_published(const DomainEvent& event) noexcept override {
        if (sink_) {
            sink_->on_published(event);
        }
    }

    void on_handled(const DomainEvent& event, std::string_view by) noexcept override {
        if (sink_) {
            sink_->on_handled(event, by);
        }
    }

    void on_finished(const DomainEvent& event, const Handled& handled) noexcept override {
        if (sink_) {
            sink_->on_finished(event, handled);
        }
    }

    /// The failure of a step that is tried again or given up: if nobody hears of it, it is not
    /// written.
    void on_failed(const DomainEvent& event, std::string_view by,
                   const Failure& failure) noexcept override {
        if (sink_) {
            sink_->on_failed(event, by, failure);
        }
    }

    void on_not_ready(const DomainEvent& event, std::string_view agent,
                      const Failure& failure) noexcept override {
        if (sink_) {
            sink_->on_not_ready(event, agent, failure);
        }
    }

    void on_unhandled(const DomainEvent& event) noexcept override {
        if (sink_) {
            sink_->on_unhandled(event);
        }
    }

    void on_dead_lettered(const DomainEvent& event, std::string_view agent,
                          const Failure& failure) noexcept override {
        if (!tell(Alarm::dead_lettered, [&] { sink_->on_dead_lettered(event, agent, failure); })) {
            unheard_.gave_up(event, agent, failure);
        }
    }

    void on_parked(const DomainEvent& event, std::string_view agent,
                   std::uint64_t behind) noexcept override {
        if (sink_) {
            sink_->on_parked(event, agent, behind);
        }
    }

    void on_trouble(std::string_view what) noexcept override {
        if (!tell(Alarm::trouble, [&] { sink_->on_trouble(what); })) {
            unheard_.trouble(what);
        }
    }

    /// An exception of on_given_up; it is not called again.
    void on_given_up_failed(const DomainEvent& event, std::string_view agent,
                            const Failure& failure) noexcept {
        if (!tell(Alarm::failed, [&] { sink_->on_failed(event, agent, failure); })) {
            unheard_.giving_up_failed(event, agent, failure);
        }
    }

private:
    /// Returns false if nobody hears of it.
    template <class Tell>
    bool tell(Alarm alarm, Tell act) {
        if (!sink_) {
            return false;
        }
        const bool heard = sink_->hears(alarm);
        act();
        return heard;
    }

    std::shared_ptr<ObserverSink> sink_;
    Unheard& unheard_;
};

} // namespace bus
