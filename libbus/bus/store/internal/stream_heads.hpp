#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace bus::internal {

/// A cache of the newest versions of streams that were written to recently. A stream that was not
/// used while `generation` others were is forgotten, so there are at most `2 * generation` streams.
class StreamHeads {
public:
    explicit StreamHeads(std::size_t generation) : generation_{generation} {}

    /// The version, which may be changed in place; null if it is not known. Valid until the next
    /// call of a member.
    [[nodiscard]] std::uint64_t* find(std::int64_t type, std::string_view id) {
        const std::string& key = make_key(type, id);
        if (const auto found = young_.find(key); found != young_.end()) {
            return &found->second;
        }
        auto node = old_.extract(key);
        return node ? keep(young_.insert(std::move(node)).position) : nullptr;
    }

    /// Adds a version that find() does not know.
    void put(std::int64_t type, std::string_view id, std::uint64_t version) {
        keep(young_.insert_or_assign(make_key(type, id), version).first);
    }

    void forget(std::int64_t type, std::string_view id) {
        young_.erase(make_key(type, id));
        old_.erase(key_);
    }

    void clear() {
        young_.clear();
        old_.clear();
    }

private:
    using Heads = std::unordered_map<std::string, std::uint64_t>;

    std::uint64_t* keep(Heads::iterator head) {
        if (young_.size() >= generation_) {
            old_ = std::exchange(young_, {}); // its elements keep their addresses
        }
        return &head->second;
    }

    const std::string& make_key(std::int64_t type, std::string_view id) {
        std::array<char, sizeof type> bytes{};
        std::memcpy(bytes.data(), &type, sizeof type);
        key_.assign(bytes.data(), bytes.size()).append(id);
        return key_;
    }

    std::size_t generation_;
    std::string key_; ///< reused, so that a look-up allocates nothing
    Heads young_;
    Heads old_;
};

} // namespace bus::internal
