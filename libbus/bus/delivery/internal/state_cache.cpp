#include <bus/delivery/internal/state_cache.hpp>

#include <algorithm>

namespace bus::internal {

StateCache::View::View(StateCache& cache) : cache_{cache} {
    if (cache_.several_) {
        const std::lock_guard lock{cache_.mutex_};
        began_ = cache_.last_;
        cache_.views_.insert(began_);
    }
}

StateCache::View::~View() {
    if (cache_.several_) {
        const std::lock_guard lock{cache_.mutex_};
        cache_.views_.erase(cache_.views_.find(began_));
        const std::uint64_t oldest = cache_.views_.empty() ? cache_.last_ : *cache_.views_.begin();
        while (!cache_.recent_.empty() && cache_.recent_.front().first <= oldest) {
            cache_.recent_.pop_front();
        }
    }
}

std::optional<StateCache::Value> StateCache::find(std::string_view key, View& view) {
    const std::lock_guard lock{mutex_};
    if (several_) {
        view.keys_.emplace_back(key);
    }
    const auto found = entries_.find(key);
    if (found == entries_.end()) {
        return std::nullopt;
    }
    return std::optional<Value>{std::in_place, found->second.value};
}

StateCache::States StateCache::find_all(std::string_view prefix, View& view) {
    const std::lock_guard lock{mutex_};
    if (several_ &&
        (view.prefixes_.empty() || view.prefixes_.back() != prefix)) { // not again for each page
        view.prefixes_.emplace_back(prefix);
    }
    States result;
    for (auto entry = entries_.lower_bound(prefix);
         entry != entries_.end() && entry->first.starts_with(prefix); ++entry) {
        result.emplace_hint(result.end(), entry->first, entry->second.value);
    }
    return result;
}

bool StateCache::write(const States& states, const View& view, Written& written) {
    const std::lock_guard lock{mutex_};
    if (several_ && overtaken(view)) {
        return false;
    }
    for (const auto& [key, value] : states) {
        const std::uint64_t number = ++last_;
        entries_.insert_or_assign(key, Entry{value, number});
        written.emplace_back(key, number);
        if (several_) {
            recent_.emplace_back(number, key);
        }
    }
    return true;
}

bool StateCache::overtaken(const View& view) const {
    return std::any_of(recent_.begin(), recent_.end(), [&](const auto& write) {
        const auto& [number, key] = write;
        return number > view.began_ &&
               (std::find(view.keys_.begin(), view.keys_.end(), key) != view.keys_.end() ||
                std::any_of(view.prefixes_.begin(), view.prefixes_.end(),
                            [&k = key](const std::string& p) { return k.starts_with(p); }));
    });
}

void StateCache::committed(const Written& written) {
    const std::lock_guard lock{mutex_};
    for (const auto& [key, number] : written) {
        const auto found = entries_.find(key);
        if (found != entries_.end() && found->second.number == number) {
            entries_.erase(found);
        }
    }
}

void StateCache::clear() {
    const std::lock_guard lock{mutex_};
    entries_.clear();
}

} // namespace bus::internal
