#include <bus/store/internal/agent_progress.hpp>

#include <algorithm>
#include <iterator>

namespace bus {

bool ReplayNote::only_state(Position position) const noexcept {
    if (effects || position > through) {
        return false;
    }
    return std::none_of(live.begin(), live.end(), [position](const PositionRange& range) {
        return range.first <= position && position <= range.last;
    });
}

} // namespace bus

namespace bus::internal {

AgentProgress AgentProgress::beginning(Position start) {
    AgentProgress progress;
    progress.start = start;
    progress.checkpoint = start;
    return progress;
}

AgentProgress AgentProgress::new_replaying(const ReplayOrder& order, Position log_end) {
    AgentProgress progress = beginning(order.after);
    progress.replay = {.through = log_end, .effects = order.effects, .live = {}};
    return progress;
}

AgentProgress AgentProgress::put_back(const ReplayOrder& order,
                                      const std::vector<Position>& unfinished) const {
    AgentProgress progress = beginning(std::min(order.after, checkpoint));
    AgentProgress done = *this;
    done.settle_replayed();
    progress.replay = {.through = done.checkpoint, .effects = order.effects, .live = {}};
    for (const auto& [first, last] : done.ahead) {
        progress.replay.live.push_back({progress.replay.through + 1, first - 1});
        progress.replay.through = last;
    }
    progress.delivered = unfinished.size();
    for (const Position position : unfinished) {
        progress.settle({position, position});
    }
    return progress;
}

void AgentProgress::settle_replayed() {
    if (replay.effects || replay.through == 0) {
        return;
    }
    Position next = 1;
    for (const PositionRange& range : replay.live) {
        if (range.first > next) {
            settle({next, range.first - 1});
        }
        next = range.last + 1;
    }
    if (next <= replay.through) {
        settle({next, replay.through});
    }
}

void AgentProgress::settle(PositionRange range) {
    if (range.last <= checkpoint) {
        return;
    }
    if (range.first <= checkpoint + 1) {
        checkpoint = range.last;
        while (!ahead.empty() && ahead.begin()->first - 1 <= checkpoint) {
            checkpoint = std::max(checkpoint, ahead.begin()->second);
            ahead.erase(ahead.begin());
        }
        return;
    }
    auto next = ahead.upper_bound(range.first);
    if (next != ahead.begin()) {
        const auto before = std::prev(next);
        if (before->second >= range.first - 1) {
            range = {before->first, std::max(range.last, before->second)};
            next = ahead.erase(before);
        }
    }
    while (next != ahead.end() && next->first - 1 <= range.last) {
        range.last = std::max(range.last, next->second);
        next = ahead.erase(next);
    }
    ahead.emplace_hint(next, range.first, range.last);
}

bool AgentProgress::contains(Position position) const {
    if (position <= checkpoint) {
        return true;
    }
    const auto after = ahead.upper_bound(position);
    return after != ahead.begin() && std::prev(after)->second >= position;
}

void AgentProgress::take(const Part& part) {
    for (const PositionRange& range : part.settled) {
        settle(range);
    }
    delivered += part.delivered;
    finished += part.finished;
    if (part.begun) {
        begun = part.begun;
    }
}

AgentRecord AgentProgress::record(const std::string& name) const {
    AgentRecord record{.name = name,
                       .start = start,
                       .checkpoint = checkpoint,
                       .ahead = {},
                       .delivered = delivered,
                       .finished = finished,
                       .discarded = discarded,
                       .replay = replay};
    record.ahead.reserve(ahead.size());
    for (const auto& [first, last] : ahead) {
        record.ahead.push_back({first, last});
    }
    return record;
}

} // namespace bus::internal
