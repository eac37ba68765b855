#include <bus/delivery/internal/held_up.hpp>

#include <algorithm>
#include <iterator>

namespace bus::internal {

namespace {

bool waits_for_something(const DeliveryRecord& delivery) {
    return !delivery.attempts.empty() && delivery.attempts.back().kind == FailureKind::not_ready &&
           delivery.due != Timestamp{};
}

} // namespace

void HeldUp::load(const DeliveryBrief& brief, std::optional<DeliveryRecord> deferred) {
    if (brief.state == DeliveryState::parked) {
        park(brief.sequence, brief.position, brief.only_state);
        return;
    }
    if (deferred) {
        put_deferred(std::move(*deferred));
    } else {
        dead_[brief.position] = {brief.sequence, 0};
    }
    if (!brief.sequence.empty()) {
        put_head(lines_[brief.sequence], brief.position);
    }
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
}

void HeldUp::clear() {
    *this = {};
}

void HeldUp::park(const std::string& sequence, Position position, bool only_state) {
    lines_[sequence].behind.insert(position);
    parked_.insert_or_assign(position, Parked{sequence, only_state});
}

void HeldUp::hold(DeliveryRecord record) {
    const Position position = record.position;
    drop(position);
    if (!record.sequence.empty()) {
        Line& line = lines_[record.sequence];
        line.behind.erase(position);
        put_head(line, position);
    }
    if (record.state == DeliveryState::dead) {
        dead_[position] = {std::move(record.sequence), record.redrives};
    } else {
        put_deferred(std::move(record));
    }
}

void HeldUp::settle(Position position, const std::string& sequence) {
    drop(position);
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

/// The next one is the head, and may run unless it waits for its time, or to be redriven.
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
        record = found->second;
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

/// Whether nothing of its sequence comes before it. (Where a replay came to an earlier one, the
/// head of before waits for that.)
bool HeldUp::leads(const std::string& sequence, Position position) const {
    if (sequence.empty()) {
        return true;
    }
    const auto line = lines_.find(sequence);
    return line == lines_.end() || line->second.head == position;
}

bool HeldUp::has_ready() const {
    return std::any_of(ready_.begin(), ready_.end(), [this](Position position) {
        return leads(parked_.at(position).sequence, position);
    });
}

std::optional<Timestamp> HeldUp::next_due() const {
    const auto next = std::find_if(due_.begin(), due_.end(), [this](const auto& due) {
        return leads(deferred_.at(due.second).sequence, due.second);
    });
    return next == due_.end() ? std::nullopt : std::optional{next->first};
}

std::optional<Timestamp> HeldUp::next_due_of(const std::set<Position>& positions) const {
    std::optional<Timestamp> next;
    for (const Position position : positions) {
        if (const auto deferred = deferred_.find(position); deferred != deferred_.end()) {
            if (leads(deferred->second.sequence, position)) {
                next = std::min(next.value_or(deferred->second.due), deferred->second.due);
            }
        } else if (ready_.contains(position) && leads(parked_.at(position).sequence, position)) {
            return Timestamp::min();
        }
    }
    return next;
}

std::vector<Position> HeldUp::runnable(Timestamp now) const {
    std::vector<Position> result;
    std::copy_if(ready_.begin(), ready_.end(), std::back_inserter(result),
                 [this](Position ready) { return leads(parked_.at(ready).sequence, ready); });
    for (auto due = due_.begin(); due != due_.end() && due->first <= now; ++due) {
        if (leads(deferred_.at(due->second).sequence, due->second)) {
            result.push_back(due->second);
        }
    }
    return result;
}

bool HeldUp::make_due(Position position, Timestamp now) {
    const auto found = deferred_.find(position);
    if (found == deferred_.end()) {
        return false;
    }
    due_.erase({found->second.due, position});
    found->second.due = now;
    due_.emplace(now, position);
    return true;
}

bool HeldUp::redrive(const DeliveryRecord& record) {
    const auto found = dead_.find(record.position);
    if (found == dead_.end() || record.redrives <= found->second.redrives) {
        return false;
    }
    dead_.erase(found);
    put_deferred(DeliveryRecord{record});
    return true;
}

std::optional<std::pair<DeliveryState, std::string>> HeldUp::find(Position position) const {
    if (const auto found = deferred_.find(position); found != deferred_.end()) {
        return std::pair{DeliveryState::deferred, found->second.sequence};
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
    return {.retrying = deferred_.size() - not_ready_,
            .not_ready = not_ready_,
            .parked = parked_.size(),
            .dead = dead_.size()};
}

void HeldUp::put_deferred(DeliveryRecord&& record) {
    due_.emplace(record.due, record.position);
    not_ready_ += waits_for_something(record) ? 1U : 0U;
    const Position position = record.position;
    deferred_.insert_or_assign(position, std::move(record));
}

/// Forgets what is known of the delivery but its place in its line.
void HeldUp::drop(Position position) {
    if (const auto found = deferred_.find(position); found != deferred_.end()) {
        due_.erase({found->second.due, position});
        not_ready_ -= waits_for_something(found->second) ? 1U : 0U;
        deferred_.erase(found);
        return;
    }
    dead_.erase(position);
    parked_.erase(position);
    ready_.erase(position);
}

} // namespace bus::internal
