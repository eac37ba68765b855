#include <bus/internal/bus_core.hpp>
#include <bus/runtime/fault_point.hpp>

#include <exception>

namespace bus {

StopReport Bus::Core::stop(Stop how, Duration deadline) {
    hub->care();
    Phase before = Phase::open;
    phase_.compare_exchange_strong(before, how == Stop::drain ? Phase::draining : Phase::stopped);
    if (before == Phase::draining && how == Stop::now) {
        // Another thread's drain finds nothing under way, although not all is done.
        cut_short_ = true;
    }
    if (delivery_ && how == Stop::drain) {
        delivery_->begin_drain();
    }
    if (on_worker()) {
        if (how == Stop::now) {
            phase_ = Phase::stopped;
            hub->note_change();
            hub->clock().stop();
            if (timers_) {
                timers_->begin_stop();
            } else {
                delivery_->begin_stop();
            }
            for (const auto& runner : runners()) {
                runner->begin_stop();
            }
        }
        return report_of_stop(false);
    }
    // If made to fail, nothing is waited for: what was under way is left, and reported as left.
    LIBBUS_FAULT_POINT_FAILS("stop.before_drain", how = Stop::now);
    const bool drained =
        how == Stop::drain && hub->wait([this] { return idle(); }, deadline) && !cut_short_;
    phase_ = Phase::stopped;
    hub->note_change();
    hub->clock().stop();
    if (delivery_) {
        delivery_->stop();
    } else {
        timers_->stop();
        for (const auto& runner : runners()) {
            runner->stop();
        }
        hub->wait([this] { return posted_->idle(); }, std::nullopt);
    }
    seat_.leave();
    return report_of_stop(drained);
}

StopReport Bus::Core::report_of_stop(bool drained) {
    StopReport report{.drained = drained, .queued = posts_waiting_};
    if (delivery_) {
        report.lost = delivery_->lost();
        report.drained = drained && report.lost.empty();
        report.timers = report.lost.empty() ? store->count_timers() : 0;
    } else {
        report.timers = timers_->pending();
    }
    const Position last = store ? store->last_position() : 0;
    for (const auto& runner : runners()) {
        AgentStatus status = runner->status();
        report.queued += status.queued;
        if (status.queued == 0 && status.busy && last > status.checkpoint) {
            report.queued += static_cast<std::size_t>(last - status.checkpoint);
        }
        report.deferred += status.retrying + status.not_ready;
        report.parked += status.parked;
        report.timers += status.timers;
        report.agents.push_back(std::move(status));
    }
    return report;
}

const char* Bus::Core::why_not_to_be_destroyed() const noexcept {
    if (on_worker()) {
        return "libbus: a bus is destroyed on one of its own workers (in an agent's step, or in a "
               "handler of a posted event), which it would have to wait for: let another thread do "
               "it\n";
    }
    if (phase_ != Phase::stopped && (store || !mailboxes_.empty()) &&
        dispatcher.dispatching_here()) {
        return "libbus: a handler destroys a bus that has agents or a store, which may be at work: "
               "call stop() first\n";
    }
    return nullptr;
}

void Bus::Core::end() noexcept {
    const auto attempt = [this](const auto& act) {
        try {
            act();
        } catch (const std::exception& error) {
            // What was not committed is still in the log, and there is no caller left to report to.
            hub->teller().on_trouble(error.what());
        }
    };
    attempt([this] { stop(Stop::now, Duration::zero()); });
    attempt([this] {
        for (const auto& runner : runners()) {
            runner->end_agent(); // a task that ends on the host's runtime may still hold it
        }
    });
    hub->unheard()->end();
}

void Bus::Core::end_with_program() noexcept {
    const auto stop_all = [this] {
        if (store || !mailboxes_.empty()) {
            end();
        } else {
            timers_->stop();
        }
    };
    stop_all();
    calls.close();
    dispatcher.close();
    if (hub->sink() != nullptr || !calls_have_ended()) {
        return; // a watched publish, or a call that is left, may use all that is released below
    }
    stop_all(); // what those calls have begun meanwhile, such as the commit of a posted event
    mailboxes_.clear();
    delivery_.reset();
    timers_.reset();
    posted_.reset();
    store.reset();
    steps_watch_.reset();
    runtime.reset();
}

/// Whether no other thread has a call under way. Calls end soon, as the bus has stopped, but a
/// handler that they run may take for ever.
bool Bus::Core::calls_have_ended() noexcept {
    constexpr int most_looks = 1000;
    constexpr Duration between_looks = std::chrono::milliseconds{1}; // nothing notifies of the end
    const auto done = [this] { return calls.none_elsewhere(); };
    try {
        for (int looks = 0; looks < most_looks && !done(); ++looks) {
            hub->wait(done, between_looks);
        }
    } catch (const std::exception& error) {
        hub->teller().on_trouble(error.what());
    }
    return done();
}

} // namespace bus
