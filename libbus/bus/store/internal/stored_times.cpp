#include <bus/store/internal/stored_times.hpp>

#include <algorithm>
#include <chrono>

namespace bus::internal {

namespace {

constexpr std::chrono::minutes period{1};

} // namespace

bool is_another_minute(Timestamp last, Timestamp now) noexcept {
    return std::chrono::floor<std::chrono::minutes>(last) !=
           std::chrono::floor<std::chrono::minutes>(now);
}

void StoredBefore::add(const StoredTime& note) noexcept {
    if (whole_minute_) {
        through_ = note.position - 1;
        whole_minute_ = false;
    }
    if (note.at > now_) {
        return; // that clock was wrong: the next note says when this was at the latest
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
