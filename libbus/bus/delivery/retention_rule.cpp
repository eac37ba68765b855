#include <bus/delivery/retention_rule.hpp>
#include <bus/dispatch/observer_sink.hpp>
#include <bus/store/retention.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

namespace bus {

namespace {

constexpr Duration first_look = std::chrono::minutes{1};

std::string text_of(Duration age) {
    using days = std::chrono::duration<std::int64_t, std::ratio<86'400>>;
    const auto in = [age](auto unit, const char* name) {
        const auto count = age / unit;
        return std::to_string(count) + " " + name + (count == 1 ? "" : "s");
    };
    return age % days{1} == Duration::zero()                 ? in(days{1}, "day")
           : age % std::chrono::hours{1} == Duration::zero() ? in(std::chrono::hours{1}, "hour")
           : age % std::chrono::seconds{1} == Duration::zero()
               ? in(std::chrono::seconds{1}, "second")
               : in(Duration{1}, "microsecond");
}

} // namespace

RetentionRule::RetentionRule(EventStore& store, std::shared_ptr<RunnerHub> hub, Request request,
                             RetentionTimes times)
    : store_{store},
      hub_{std::move(hub)},
      request_{std::move(request)},
      times_{times},
      made_{hub_->runtime().read_clocks()} {}

void RetentionRule::start() {
    if (times_.age <= Duration::zero()) {
        return;
    }
    {
        const std::lock_guard lock{mutex_};
        stopped_ = false;
    }
    look_later(std::min(first_look, times_.every));
}

void RetentionRule::stop() {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
    if (timer_) {
        hub_->runtime().cancel(*timer_);
        timer_.reset();
    }
}

bool RetentionRule::idle() {
    const std::lock_guard lock{mutex_};
    return !looking_;
}

void RetentionRule::look_later(Duration delay) {
    const std::lock_guard lock{mutex_};
    if (stopped_) {
        return;
    }
    timer_ = hub_->runtime().schedule(delay, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) {
            self->look();
        }
    });
}

/// Looks on a worker, because the log may be long.
void RetentionRule::look() {
    {
        const std::lock_guard lock{mutex_};
        timer_.reset();
        if (stopped_) {
            return;
        }
        looking_ = true;
    }
    hub_->runtime().pool().post([self = shared_from_this()] {
        try {
            self->prune_aged();
        } catch (const std::exception& error) {
            self->tell_of(std::nullopt, error.what());
        }
        {
            const std::lock_guard lock{self->mutex_};
            self->looking_ = false;
        }
        self->hub_->note_change();
        self->look_later(self->times_.every);
    });
}

void RetentionRule::prune_aged() {
    if (asked_ != 0) {
        const auto found = store_.requests(asked_ - 1, 1, true);
        if (!found.empty() && found.front().number == asked_) {
            return; // the last request is still open
        }
    }
    const ClockReading clocks = hub_->runtime().read_clocks();
    const Timestamp now = std::min(clocks.wall, made_.wall_of(clocks.steady));
    const Position first = store_.first_position();
    Position through = aged_events(store_, now - times_.age, now).through;
    const auto obstacle = through < first ? std::nullopt : prune_obstacle(store_, through);
    if (obstacle) {
        tell_of(
            obstacle->agent,
            "the events up to " + std::to_string(through) + " are older than " +
                text_of(times_.age) + " and stay: agent '" + obstacle->agent + "' " +
                obstacle->why +
                "; let it catch up, clear what it has not finished, or forget it if no program has "
                "it any more");
        through = std::min(through, obstacle->free_through);
    } else {
        told_of_.reset();
    }
    if (through >= first) {
        asked_ = request_({.at = clocks.wall,
                           .who = "retention",
                           .why = "older than " + text_of(times_.age),
                           .action = DeliveryAction::prune,
                           .position = through});
    }
}

/// Reports trouble. An agent that needs old events is reported once, until it needs them no more.
void RetentionRule::tell_of(const std::optional<std::string>& agent, const std::string& trouble) {
    if (agent && told_of_ == agent) {
        return;
    }
    if (agent) {
        told_of_ = agent;
    }
    hub_->teller().on_trouble("retention: " + trouble);
}

} // namespace bus
