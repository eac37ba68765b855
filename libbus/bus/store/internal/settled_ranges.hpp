#pragma once

#include <bus/store/records.hpp>

#include <algorithm>
#include <map>

namespace bus::internal {

/// Which positions an agent has settled: all up to a checkpoint, and ranges ahead of it. Values;
/// not thread safe.
class SettledRanges {
public:
    SettledRanges() = default;

    explicit SettledRanges(Position checkpoint) : checkpoint_{checkpoint} {}

    [[nodiscard]] Position checkpoint() const noexcept { return checkpoint_; }

    /// First to last, apart from each other and from the checkpoint.
    [[nodiscard]] const std::map<Position, Position>& ahead() const noexcept { return ahead_; }

    [[nodiscard]] bool contains(Position position) const {
        if (position <= checkpoint_) {
            return true;
        }
        const auto after = ahead_.upper_bound(position);
        return after != ahead_.begin() && std::prev(after)->second >= position;
    }

    void add(PositionRange range) {
        range.first = std::max(range.first, checkpoint_ + 1);
        if (range.last < range.first) {
            return;
        }
        if (ahead_.empty() && range.first == checkpoint_ + 1) {
            checkpoint_ = range.last;
            return;
        }
        auto next = ahead_.upper_bound(range.first);
        if (next != ahead_.begin() && std::prev(next)->second + 1 >= range.first) {
            --next;
            range.first = next->first;
        }
        while (next != ahead_.end() && next->first <= range.last + 1) {
            range.last = std::max(range.last, next->second);
            next = ahead_.erase(next);
        }
        if (range.first == checkpoint_ + 1) {
            checkpoint_ = range.last;
        } else {
            ahead_.emplace(range.first, range.last);
        }
    }

private:
    Position checkpoint_ = 0;
    std::map<Position, Position> ahead_;
};

} // namespace bus::internal
