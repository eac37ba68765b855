#include <bus/delivery/internal/held_up.hpp>
#include <bus/runtime/internal/saturating.hpp>

#include <algorithm>
#include <iterator>

namespace bus::internal {

namespace {

bool waits_for_something(const DeliveryRecord& delivery) {
    return !delivery.attempts.empty() && delivery.attempts.back().kind == FailureKind::not_ready &&
           delivery.due != Timestamp{};
}

} // namespace

void HeldUp::load(const DeliveryBrief& brief, std::optional<DeliveryRecord> deferred,
                  const ClockReading& now) {
    if (brief.state == DeliveryState::parked) {
        park(brief.sequence, brief.position, brief.only_state);
        return;
    }
    const bool in_line =
        keeps_place(brief.sequence, brief.state, deferred ? deferred->redrives : 0);
    if (deferred) {
        const NextAttempt next = next_of(*deferred, now);
        put_deferred(std::move(*deferred), next);
    } else {
        dead_[brief.position] = {brief.sequence, 0};
    }
    if (in_line) {
        put_head(lines_[brief.sequence], brief.position);
    }
}

/// Whether a delivery keeps its place in its sequence, and so holds up the later ones.
bool HeldUp::keeps_place(const std::string& sequence, DeliveryState state,
                         std::uint32_t redrives) const {
    return !sequence.empty() &&
           (on_dead_ == OnDead::hold || (state != DeliveryState::dead && redrives == 0));
}

void HeldUp::finish_loading() {
    for (auto& [sequence, line] : lines_) {
        if (line.head == 0) {
            release(sequence, line);
        } else if (!line.behind.empty() && *line.behind.begin() < line.head) {
            line.later_heads.insert(line.head);
            release(sequence, line);
        }
    }
    before_.clear();
}

void HeldUp::clear() {
    auto before = std::move(deferred_);
    *this = HeldUp{on_dead_};
    before_ = std::move(before);
}

void HeldUp::set_clock(const ClockReading& now) {
    for (auto& [position, deferred] : deferred_) {
        if (deferred.next.by_wall_clock && deferred.record.due != due_in_newer_program) {
            due_.erase({deferred.next.due, position});
            deferred.next.due = now.steady_of(deferred.record.due);
            due_.emplace(deferred.next.due, position);
        }
    }
}

/// When a delivery is due, according to its row. The time of the wall clock is trusted, but no
/// delivery waits longer than was asked for. If its last attempt lies in the future, the clock was
/// set back after an earlier program made that attempt. Then the limit also applies to a delivery
/// that waits for a wall clock time.
NextAttempt HeldUp::next_of(const DeliveryRecord& record, const ClockReading& now) const {
    const auto before = before_.find(record.position);
    const bool known = before != before_.end() && before->second.record == record;
    if (known && !before->second.next.by_wall_clock) {
        return before->second.next;
    }
    const Timestamp failed = record.attempts.empty() ? Timestamp{} : record.attempts.back().at;
    const bool of_the_future = failed > now.wall && !known;
    NextAttempt next{.due = now.steady_of(record.due),
                     .by_wall_clock = waits_for_something(record) && !of_the_future};
    if (!next.by_wall_clock) {
        const Duration asked = record.due > failed ? record.due - failed : Duration::zero();
        next.due = std::min(next.due, internal::later(now.steady, asked));
    }
    return next;
}

Position HeldUp::park(const std::string& sequence, Position position, bool only_state) {
    Line& line = lines_[sequence];
    line.behind.insert(position);
    parked_.insert_or_assign(position, Parked{sequence, only_state});
    return std::exchange(line.holds_some, true) ? 0 : line.head;
}

void HeldUp::hold(DeliveryRecord record, const NextAttempt& next) {
    const Position position = record.position;
    drop(position);
    if (keeps_place(record.sequence, record.state, record.redrives)) {
        Line& line = lines_[record.sequence];
        line.behind.erase(position);
        put_head(line, position);
    } else {
        leave_line(position, record.sequence);
    }
    if (record.state == DeliveryState::dead) {
        dead_[position] = {std::move(record.sequence), record.redrives};
    } else {
        put_deferred(std::move(record), next);
    }
}

void HeldUp::settle(Position position, const std::string& sequence) {
    drop(position);
    leave_line(position, sequence);
}

void HeldUp::leave_line(Position position, const std::string& sequence) {
    const auto line = lines_.find(sequence);
    if (line == lines_.end()) {
        return;
    }
    line->second.behind.erase(position);
    line->second.later_heads.erase(position);
    if (line->second.head != position) {
        return;
    }
    line->second.head = 0;
    if (line->second.behind.empty() && line->second.later_heads.empty()) {
        lines_.erase(line);
    } else {
        release(sequence, line->second);
    }
}

void HeldUp::put_head(Line& line, Position position) {
    if (line.head == 0 || line.head == position) {
        line.head = position;
        return;
    }
    line.later_heads.erase(position);
    line.later_heads.insert(std::max(line.head, position));
    line.head = std::min(line.head, position);
}

/// Makes the next delivery of the line its head. It may run, unless it waits for its time or for a
/// redrive.
void HeldUp::release(const std::string& /*sequence*/, Line& line) {
    if (!line.later_heads.empty() &&
        (line.behind.empty() || *line.later_heads.begin() < *line.behind.begin())) {
        line.head = *line.later_heads.begin();
        line.later_heads.erase(line.later_heads.begin());
        return;
    }
    line.head = *line.behind.begin();
    line.behind.erase(line.behind.begin());
    ready_.insert(line.head);
}

std::optional<DeliveryRecord> HeldUp::take(Position position) {
    std::optional<DeliveryRecord> record;
    if (const auto found = deferred_.find(position); found != deferred_.end()) {
        record = found->second.record;
    } else if (ready_.contains(position)) {
        const Parked& parked = parked_.at(position);
        record = DeliveryRecord{.position = position,
                                .state = DeliveryState::parked,
                                .sequence = parked.sequence,
                                .only_state = parked.only_state};
    } else {
        return std::nullopt;
    }
    drop(position);
    return record;
}

/// Whether no delivery of its sequence comes before it. (If a replay has put an earlier delivery
/// into the line, the former head waits for it.)
bool HeldUp::leads(const std::string& sequence, Position position) const {
    if (sequence.empty()) {
        return true;
    }
    const auto line = lines_.find(sequence);
    return line == lines_.end() || line->second.head == position;
}

bool HeldUp::may_run(const Deferred& deferred) const {
    const DeliveryRecord& record = deferred.record;
    return !keeps_place(record.sequence, record.state, record.redrives) ||
           leads(record.sequence, record.position);
}

bool HeldUp::has_ready() const {
    return std::any_of(ready_.begin(), ready_.end(), [this](Position position) {
        return leads(parked_.at(position).sequence, position);
    });
}

std::optional<SteadyTime> HeldUp::next_due() const {
    const auto next = std::find_if(due_.begin(), due_.end(), [this](const auto& due) {
        return may_run(deferred_.at(due.second));
    });
    return next == due_.end() ? std::nullopt : std::optional{next->first};
}

std::optional<SteadyTime> HeldUp::next_due_of(const std::set<Position>& positions) const {
    std::optional<SteadyTime> next;
    for (const Position position : positions) {
        if (const auto deferred = deferred_.find(position); deferred != deferred_.end()) {
            const SteadyTime due = deferred->second.next.due;
            if (may_run(deferred->second)) {
                next = std::min(next.value_or(due), due);
            }
        } else if (ready_.contains(position) && leads(parked_.at(position).sequence, position)) {
            return SteadyTime::min();
        }
    }
    return next;
}

std::vector<Position> HeldUp::runnable(SteadyTime now) const {
    std::vector<Position> result;
    std::copy_if(ready_.begin(), ready_.end(), std::back_inserter(result),
                 [this](Position ready) { return leads(parked_.at(ready).sequence, ready); });
    for (auto due = due_.begin(); due != due_.end() && due->first <= now; ++due) {
        if (may_run(deferred_.at(due->second))) {
            result.push_back(due->second);
        }
    }
    return result;
}

bool HeldUp::make_due(Position position, SteadyTime now) {
    const auto found = deferred_.find(position);
    if (found == deferred_.end()) {
        return false;
    }
    due_.erase({found->second.next.due, position});
    found->second.next = {.due = now};
    due_.emplace(now, position);
    return true;
}

bool HeldUp::retry(const DeliveryRecord& record, SteadyTime now) {
    const auto found = deferred_.find(record.position);
    return found != deferred_.end() && found->second.record.attempts == record.attempts &&
           make_due(record.position, now);
}

bool HeldUp::redrive(const DeliveryRecord& record, const ClockReading& now) {
    const auto found = dead_.find(record.position);
    if (found == dead_.end() || record.redrives <= found->second.redrives) {
        return false;
    }
    dead_.erase(found);
    put_deferred(DeliveryRecord{record}, next_of(record, now));
    return true;
}

std::optional<std::pair<DeliveryState, std::string>> HeldUp::find(Position position) const {
    if (const auto found = deferred_.find(position); found != deferred_.end()) {
        return std::pair{DeliveryState::deferred, found->second.record.sequence};
    }
    if (const auto found = dead_.find(position); found != dead_.end()) {
        return std::pair{DeliveryState::dead, found->second.sequence};
    }
    if (const auto found = parked_.find(position); found != parked_.end()) {
        return std::pair{DeliveryState::parked, found->second.sequence};
    }
    return std::nullopt;
}

HeldUp::Counts HeldUp::counts() const {
    Position oldest = deferred_.empty() ? 0 : deferred_.begin()->first;
    if (!parked_.empty() && (oldest == 0 || parked_.begin()->first < oldest)) {
        oldest = parked_.begin()->first;
    }
    return {.retrying = deferred_.size() - not_ready_,
            .not_ready = not_ready_,
            .parked = parked_.size(),
            .dead = dead_.size(),
            .oldest = oldest};
}

void HeldUp::put_deferred(DeliveryRecord&& record, const NextAttempt& next) {
    if (record.due != due_in_newer_program) {
        due_.emplace(next.due, record.position);
    }
    not_ready_ += waits_for_something(record) ? 1U : 0U;
    const Position position = record.position;
    deferred_.insert_or_assign(position, Deferred{std::move(record), next});
}

/// Removes the delivery, but not its place in its line.
void HeldUp::drop(Position position) {
    if (const auto found = deferred_.find(position); found != deferred_.end()) {
        due_.erase({found->second.next.due, position});
        not_ready_ -= waits_for_something(found->second.record) ? 1U : 0U;
        deferred_.erase(found);
        return;
    }
    dead_.erase(position);
    parked_.erase(position);
    ready_.erase(position);
}

} // namespace bus::internal
