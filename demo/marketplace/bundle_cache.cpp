#include "demo/marketplace/bundle_cache.hpp"

#include <utility>

namespace demo {
namespace {

// The memory of an entry beside its bundle, so that many small entries are bounded too.
constexpr std::size_t overhead = 512;

} // namespace

std::shared_ptr<const Bundle> BundleCache::find(std::string_view key) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end())
        return nullptr;
    by_use_.splice(by_use_.begin(), by_use_, found->second);
    return found->second->bundle;
}

void BundleCache::add(std::string_view key, std::shared_ptr<const Bundle> bundle,
                      std::size_t weight) {
    weight += overhead;
    if (weight > most_ || by_key_.contains(key))
        return;
    by_use_.push_front({std::string(key), std::move(bundle), weight});
    by_key_.emplace(by_use_.front().key, by_use_.begin());
    weight_ += weight;
    while (weight_ > most_) {
        weight_ -= by_use_.back().weight;
        by_key_.erase(by_use_.back().key);
        by_use_.pop_back();
    }
}

} // namespace demo
