#include <bus/store/internal/stored_times.hpp>

#include <algorithm>
#include <chrono>

namespace bus::internal {

namespace {

constexpr std::chrono::minutes period{1};

} // namespace

std::optional<Timestamp> next_note(const std::optional<Timestamp>& last, Timestamp now) noexcept {
    if (now == Timestamp{}) {
        const bool needless = !last || *last == Timestamp::max();
        return needless ? std::nullopt : std::optional{Timestamp::max()};
    }
    const auto minute = [](Timestamp time) {
        return std::chrono::floor<std::chrono::minutes>(time);
    };
    return last && minute(*last) == minute(now) ? std::nullopt : std::optional{now};
}

void StoredBefore::add(const StoredTime& note) noexcept {
    if (whole_minute_) {
        through_ = note.position - 1;
        whole_minute_ = false;
    }
    if (note.at > now_) {
        return; // that clock was wrong; the next note gives an upper limit
    }
    reached_ = std::max(reached_, note.at);
    if (reached_ < time_) {
        through_ = note.position - 1;
        whole_minute_ = reached_ <= time_ - period;
    }
}

Position StoredBefore::through(Position last) noexcept {
    return whole_minute_ ? last : through_;
}

} // namespace bus::internal
