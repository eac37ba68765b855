#include <bus/agent/internal/parking.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace bus::internal {

Parking::Line* Parking::find(std::string_view key) noexcept {
    const auto found = lines_.find(key);
    return found != lines_.end() ? &found->second : nullptr;
}

bool Parking::park(Line& line, const DomainEvent& event) {
    line.behind.push_back(event.type().copy(event));
    ++parked_;
    return !std::exchange(line.holds_some, true);
}

Parking::Line& Parking::defer(std::string key, Deferred&& deferred) {
    Line& line = lines_[key];
    if (line.key.empty()) {
        line.key = std::move(key);
    }
    if (line.ready) {
        std::erase(ready_, &line);
        line.ready = false;
    }
    ++(deferred.not_ready ? not_ready_ : retrying_);
    line.head = std::move(deferred);
    return line;
}

void Parking::make_ready(std::string_view key) {
    Line* const line = find(key);
    if (line != nullptr && line->head && !line->ready) {
        ready_.push_back(line);
        line->ready = true;
    }
}

Deferred Parking::take(Line& line) {
    if (line.head) {
        --(line.head->not_ready ? not_ready_ : retrying_);
        return *std::exchange(line.head, std::nullopt);
    }
    Deferred first{.event = std::move(line.behind.front())};
    line.behind.pop_front();
    --parked_;
    return first;
}

void Parking::settle(Line& line) {
    const auto place = std::find(ready_.begin(), ready_.end(), &line);
    if (line.behind.empty()) {
        ready_.erase(place);
        lines_.erase(lines_.find(line.key));
    } else {
        // To the back: other sequences have their turn before the next delivery of this one.
        std::rotate(place, std::next(place), ready_.end());
    }
}

void Parking::clear() noexcept {
    ready_.clear();
    lines_.clear();
    parked_ = retrying_ = not_ready_ = 0;
}

} // namespace bus::internal
