#pragma once

#include "demo/marketplace/bundle.hpp"

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace demo {

/// Keeps the bundles that were used last, up to a weight in all. Not thread safe.
class BundleCache {
public:
    explicit BundleCache(std::size_t most) : most_(most) {}

    /// The bundle of that key, now the last used one, or null.
    std::shared_ptr<const Bundle> find(std::string_view key);

    /// Adds a bundle and drops the least used ones that are too much. A key that is there stays.
    /// @param weight the size of the bundle's text, in bytes
    void add(std::string_view key, std::shared_ptr<const Bundle> bundle, std::size_t weight);

private:
    struct Entry {
        std::string key;
        std::shared_ptr<const Bundle> bundle;
        std::size_t weight;
    };

    std::size_t most_;
    std::size_t weight_ = 0;
    std::list<Entry> by_use_; // the last used one in front
    std::unordered_map<std::string_view, std::list<Entry>::iterator> by_key_;
};

} // namespace demo
