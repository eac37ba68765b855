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

struct RetentionTimes {
    Duration age{};   ///< events older than this are to go; zero: none
    Duration every{}; ///< how often to look
};

/// Prunes the log by itself, as far as its events are old enough and every agent is done with them.
/// What it removes is a request like an operator's, by `retention`; where nothing is removed there
/// is none. An agent that still needs old events is told of as trouble, once until it does not any
/// more. Of a wall clock that is set forward while the program runs it believes nothing: what is
/// removed does not come back. Thread safe.
class RetentionRule : public std::enable_shared_from_this<RetentionRule> {
public:
    using Request = std::function<std::uint64_t(const RequestRecord&)>;

    RetentionRule(EventStore& store, std::shared_ptr<RunnerHub> hub, Request request,
                  RetentionTimes times);

    /// Looks in a minute, or sooner where it is to look more often, and each time that `every` has
    /// passed.
    void start();
    void stop();
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
    const ClockReading made_; ///< a wall clock that is set forward later makes no event older
    std::mutex mutex_;
    bool stopped_ = true;
    bool looking_ = false;
    std::optional<Runtime::TimerId> timer_;
    std::uint64_t asked_ = 0;            ///< while it looks: the newest request of its own
    std::optional<std::string> told_of_; ///< while it looks: an agent that is in the way
};

} // namespace bus
