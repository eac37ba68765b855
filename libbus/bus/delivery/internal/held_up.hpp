#pragma once

#include <bus/agent/agent.hpp>
#include <bus/runtime/clock_reading.hpp>
#include <bus/store/part.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace bus::internal {

/// When a deferred delivery is attempted again.
struct NextAttempt {
    SteadyTime due{};
    bool by_wall_clock = false; ///< due at a wall clock time: `due` changes if that clock is set
};

/// The deliveries of one lane that have not finished, although the checkpoint may pass them:
/// deferred, dead, and parked behind others of their sequence. They are as the store will have them
/// when all that was submitted is committed. Not thread safe.
class HeldUp {
public:
    struct Counts {
        std::size_t retrying = 0;
        std::size_t not_ready = 0;
        std::size_t parked = 0;
        std::size_t dead = 0;
        Position oldest = 0; ///< the oldest position that waits; 0 if there is none
    };

    explicit HeldUp(OnDead on_dead = OnDead::hold) : on_dead_{on_dead} {}

    /// Takes a delivery from the store; call it in order of position. The row of a deferred
    /// delivery holds a wall clock time, and that clock may have been set since. So the delivery
    /// waits no longer than was asked for. If it was known before the last clear(), it goes on
    /// waiting as before.
    void load(const DeliveryBrief& brief, std::optional<DeliveryRecord> deferred,
              const ClockReading& now);
    /// Call it after the last load(): finds which deliveries may run.
    void finish_loading();
    void clear();

    /// Call it when the wall clock was set: computes anew how long deliveries wait that are due at
    /// a wall clock time.
    void set_clock(const ClockReading& now);

    /// Whether an event of this sequence must wait for an earlier one. (In a replay, the event that
    /// is held up may be later than this one; then it need not wait.)
    [[nodiscard]] bool holds(std::string_view sequence, Position position) const {
        if (lines_.empty() || sequence.empty()) {
            return false;
        }
        const auto line = lines_.find(std::string{sequence});
        return line != lines_.end() && line->second.head < position;
    }

    [[nodiscard]] bool empty() const noexcept {
        return lines_.empty() && deferred_.empty() && dead_.empty();
    }

    /// Parks a delivery. If it is the first one that its sequence parks since it began to be held
    /// up, returns the delivery that it waits for, else 0.
    Position park(const std::string& sequence, Position position, bool only_state);
    /// Notes that a delivery is now deferred until `next`, or dead.
    void hold(DeliveryRecord record, const NextAttempt& next);
    /// Notes that a delivery has finished or was discarded. The next one of its sequence may run.
    void settle(Position position, const std::string& sequence);

    /// Takes out a delivery for its attempt; call hold() or settle() afterwards. Returns none if
    /// the delivery is neither deferred nor ready to run.
    [[nodiscard]] std::optional<DeliveryRecord> take(Position position);

    /// Whether a parked delivery may run now.
    [[nodiscard]] bool has_ready() const;

    /// When the first deferred delivery is due; none if no delivery waits for a time.
    [[nodiscard]] std::optional<SteadyTime> next_due() const;
    /// When the first of these may run; none if each is dead, behind another one, or not held up.
    [[nodiscard]] std::optional<SteadyTime> next_due_of(const std::set<Position>& positions) const;

    /// The parked deliveries that may run now, and the deferred ones that are due.
    [[nodiscard]] std::vector<Position> runnable(SteadyTime now) const;

    /// Makes a deferred delivery due now. Returns false if it is not deferred.
    bool make_due(Position position, SteadyTime now);
    /// The same, but also returns false if it was attempted since the record was read.
    bool retry(const DeliveryRecord& record, SteadyTime now);
    /// Makes a dead delivery deferred again. Returns false if it is not dead, or if this redrive is
    /// already known.
    bool redrive(const DeliveryRecord& record, const ClockReading& now);
    /// The state and the sequence of a delivery; none if it is not held up here.
    [[nodiscard]] std::optional<std::pair<DeliveryState, std::string>>
    find(Position position) const;

    [[nodiscard]] Counts counts() const;

private:
    /// The held-up deliveries of one sequence.
    struct Line {
        Position head = 0;              ///< deferred, dead, ready or being attempted
        std::set<Position> behind;      ///< parked behind the head
        std::set<Position> later_heads; ///< former heads; a replay put an earlier one before them
        bool holds_some = false;        ///< something was parked since the line began
    };

    struct Deferred {
        DeliveryRecord record;
        NextAttempt next;
    };

    struct Parked {
        std::string sequence{};
        bool only_state = false; ///< from a replay: the step may only change state
    };

    struct Dead {
        std::string sequence{};
        std::uint32_t redrives = 0;
    };

    [[nodiscard]] bool keeps_place(const std::string& sequence, DeliveryState state,
                                   std::uint32_t redrives) const;
    [[nodiscard]] bool may_run(const Deferred& deferred) const;
    [[nodiscard]] bool leads(const std::string& sequence, Position position) const;
    void leave_line(Position position, const std::string& sequence);
    static void put_head(Line& line, Position position);
    void release(const std::string& sequence, Line& line);
    void put_deferred(DeliveryRecord&& record, const NextAttempt& next);
    [[nodiscard]] NextAttempt next_of(const DeliveryRecord& record, const ClockReading& now) const;
    void drop(Position position);

    OnDead on_dead_;
    std::unordered_map<std::string, Line> lines_;
    std::map<Position, Deferred> deferred_;
    std::map<Position, Deferred> before_; ///< deferred before the last clear(), while loading
    std::set<std::pair<SteadyTime, Position>> due_; ///< deferred ones that wait for a time
    std::map<Position, Dead> dead_;
    std::map<Position, Parked> parked_; ///< behind another one, or ready
    std::set<Position> ready_;
    std::size_t not_ready_ = 0;
};

} // namespace bus::internal
