#pragma once

#include <bus/agent/runner.hpp>
#include <bus/store/event_store.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace bus {

/// How long events are kept: see BusOptions.
struct RetentionTimes {
    Duration age{};   ///< events older than this are removed; zero: none
    Duration every{}; ///< how often to look
};

/// Prunes the log automatically: it removes events that are old enough and that no agent needs any
/// more. Each removal is a request like an operator's, made by `retention`; if there is nothing to
/// remove, there is no request. If an agent still needs old events, that is reported as trouble. It
/// is reported only once, until the agent no longer needs them. If the wall clock is set forward
/// while the program runs, the rule ignores that, because what is removed cannot be restored.
/// Thread safe.
class RetentionRule : public std::enable_shared_from_this<RetentionRule> {
public:
    using Request = std::function<std::uint64_t(const RequestRecord&)>;

    RetentionRule(EventStore& store, std::shared_ptr<RunnerHub> hub, Request request,
                  RetentionTimes times);

    /// Looks after a minute, or after `every` if that is shorter, and then each time that `every`
    /// has passed. Does nothing if no age is set.
    void start();
    /// Does not look any more; a look that has begun continues.
    void stop();
    /// Whether no look is under way.
    [[nodiscard]] bool idle();

private:
    void look_later(Duration delay);
    void look();
    void prune_aged();
    void tell_of(const std::optional<std::string>& agent, const std::string& trouble);

    EventStore& store_;
    std::shared_ptr<RunnerHub> hub_;
    Request request_;
    const RetentionTimes times_;
    const ClockReading made_; ///< events do not age by a wall clock that is set forward later
    std::mutex mutex_;
    bool stopped_ = true;
    bool looking_ = false;
    std::optional<Runtime::TimerId> timer_;
    std::uint64_t asked_ = 0;            ///< used only in a look: the newest request of this rule
    std::optional<std::string> told_of_; ///< used only in a look: the agent reported as an obstacle
};

} // namespace bus
