#pragma once

#include <bus/agent/read_state.hpp>
#include <bus/agent/timer_handle.hpp>
#include <bus/event/domain_event.hpp>
#include <bus/store/part.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What a Context reads from, and what it collects.
namespace bus {

namespace detail {

/// What a step has written, by key; none: the step has erased it.
using WrittenStates = std::map<std::string, std::optional<std::string>, std::less<>>;

/// A page of the states under `prefix` in memory.
StatePage page_of(const std::map<std::string, std::string, std::less<>>& states,
                  std::string_view prefix, const std::optional<std::string>& after);
/// Merges what a step has written into a page, and removes from it what the step has erased.
/// `after` is where the page begins.
void lay_over(StatePage& page, const WrittenStates& written, std::string_view prefix,
              const std::optional<std::string>& after);

} // namespace detail

/// Where a step reads data that it has not written itself. The delivery implements this class;
/// agents do not use it.
class StepSource {
public:
    StepSource() = default;
    StepSource(const StepSource&) = delete;
    StepSource& operator=(const StepSource&) = delete;
    virtual ~StepSource() = default;

    /// The runtime's wall clock.
    virtual Timestamp now() = 0;
    /// 64 random bits of the runtime.
    virtual std::uint64_t random() = 0;
    /// What the agent keeps under a key, as JSON text; none if it keeps nothing there.
    virtual std::optional<std::string> state(std::string_view key) = 0;
    /// A page of the states under keys that begin with `prefix`, after the key `after`.
    virtual StatePage states(std::string_view prefix, const std::optional<std::string>& after) = 0;
    /// The delivery of an event that an agent has given up on; none if there is no such dead
    /// letter.
    virtual std::optional<DeliveryRecord> dead_letter(std::string_view agent,
                                                      const Uuid& event_id) = 0;
    /// Returns a handle for a timer that starts once the step has succeeded.
    virtual TimerHandle new_timer() = 0;
};

/// A timer that a step wants to start.
struct TimerRequest {
    TimerHandle handle{};                       ///< the handle that the step was given
    Duration delay{};                           ///< counts from the success of the step
    std::shared_ptr<const DomainEvent> event{}; ///< published when the timer fires
};

/// What is to happen once a step has succeeded.
struct StepEffects {
    /// In the order in which they were published.
    std::vector<std::shared_ptr<const DomainEvent>> emitted{};
    detail::WrittenStates states;            ///< the states that it set or erased
    std::vector<DeliveryCommand> commands{}; ///< the dead letters that it redrives
    std::vector<TimerRequest> timers{};      ///< the timers that it starts
    std::vector<TimerHandle> cancelled{};    ///< cancelled after the step's own timers have started

    /// True if nothing is to happen.
    [[nodiscard]] bool empty() const noexcept {
        return emitted.empty() && states.empty() && commands.empty() && timers.empty() &&
               cancelled.empty();
    }
};

} // namespace bus
