#pragma once

#include "demo/marketplace/bundle.hpp"

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace demo {

/// Keeps the most recently used bundles, up to a total weight. Not thread safe.
class BundleCache {
public:
    explicit BundleCache(std::size_t most) : most_(most) {}

    /// The bundle with this key, or null. It becomes the most recently used one.
    std::shared_ptr<const Bundle> find(std::string_view key);

    /// Adds a bundle, and drops the least recently used ones if the total weight is exceeded. If
    /// the key exists, its bundle stays.
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
    std::list<Entry> by_use_; // the most recently used entry is at the front
    std::unordered_map<std::string_view, std::list<Entry>::iterator> by_key_;
};

} // namespace demo
