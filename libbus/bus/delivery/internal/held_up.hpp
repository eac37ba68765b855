#pragma once

#include <bus/agent/agent.hpp>
#include <bus/runtime/clock_reading.hpp>
#include <bus/store/records.hpp>

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
    bool by_wall_clock = false; ///< the wall clock says when: `due` changes where that is set
};

/// The deliveries of one worker that have not finished though the checkpoint may pass them:
/// deferred, dead, and parked behind those of the same sequence. It is what the store will have
/// once all that was submitted is committed. Not thread safe.
class HeldUp {
public:
    struct Counts {
        std::size_t retrying = 0;
        std::size_t not_ready = 0;
        std::size_t parked = 0;
        std::size_t dead = 0;
        Position oldest = 0; ///< of those that wait; 0: there is none
    };

    explicit HeldUp(OnDead on_dead = OnDead::hold) : on_dead_{on_dead} {}

    /// Takes in what the store has; in order of position. The row of a deferred one says when it is
    /// due on the wall clock, which may have been set since: it waits no longer than was asked for,
    /// and one that was known before the last clear() goes on waiting as it did.
    void load(const DeliveryBrief& brief, std::optional<DeliveryRecord> deferred,
              const ClockReading& now);
    /// After the last load(): finds what may run.
    void finish_loading();
    void clear();

    /// The wall clock was set: what waits for a time of it waits anew.
    void set_clock(const ClockReading& now);

    /// True: an event of this sequence must wait behind an earlier one. (In a replay it may be the
    /// later one that is held up.)
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

    /// Returns what the first event of this sequence that has to wait waits for; 0: it is not the
    /// first one, since the sequence began to be held up.
    Position park(const std::string& sequence, Position position, bool only_state);
    /// A delivery is deferred, until then, or dead from now on.
    void hold(DeliveryRecord record, const NextAttempt& next);
    /// A delivery is done with. What comes behind it may run.
    void settle(Position position, const std::string& sequence);

    /// Takes a delivery out for its attempt that is deferred, or whose turn has come; hold() or
    /// settle() follows. None: it is neither.
    [[nodiscard]] std::optional<DeliveryRecord> take(Position position);

    [[nodiscard]] bool has_ready() const;

    /// None: nothing waits for a time.
    [[nodiscard]] std::optional<SteadyTime> next_due() const;
    /// When the first of these may run; none: each is dead, behind another one, or not held up.
    [[nodiscard]] std::optional<SteadyTime> next_due_of(const std::set<Position>& positions) const;

    /// Those whose turn has come, and deferred ones that are due.
    [[nodiscard]] std::vector<Position> runnable(SteadyTime now) const;

    /// False: it is not deferred.
    bool make_due(Position position, SteadyTime now);
    /// The same where it has not been attempted since the record was read. False: it has, or is not
    /// deferred.
    bool retry(const DeliveryRecord& record, SteadyTime now);
    /// A dead one is deferred again. False: it is not dead, or was redriven that often before.
    bool redrive(const DeliveryRecord& record, const ClockReading& now);
    /// Its state and sequence; none: it is not held up here.
    [[nodiscard]] std::optional<std::pair<DeliveryState, std::string>>
    find(Position position) const;

    [[nodiscard]] Counts counts() const;

private:
    struct Line {
        Position head = 0; ///< deferred, dead, ready or being attempted
        std::set<Position> behind;
        std::set<Position> later_heads; ///< deferred or dead before a replay came to the head
        bool holds_some = false;        ///< something was parked since it began
    };

    struct Deferred {
        DeliveryRecord record;
        NextAttempt next;
    };

    struct Parked {
        std::string sequence{};
        bool only_state = false; ///< of a replay
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
    std::set<std::pair<SteadyTime, Position>> due_; ///< but for those that no time makes due
    std::map<Position, Dead> dead_;
    std::map<Position, Parked> parked_; ///< those behind another one, and those that are ready
    std::set<Position> ready_;
    std::size_t not_ready_ = 0;
};

} // namespace bus::internal
