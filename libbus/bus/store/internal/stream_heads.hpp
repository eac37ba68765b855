#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace bus::internal {

/// The newest versions of the streams written to of late, at most `2 * generation` of them: what
/// was not used while `generation` others were is forgotten.
class StreamHeads {
public:
    explicit StreamHeads(std::size_t generation) : generation_{generation} {}

    [[nodiscard]] std::optional<std::uint64_t> find(std::int64_t type, std::string_view id) {
        const std::string& key = make_key(type, id);
        if (const auto found = young_.find(key); found != young_.end()) {
            return found->second;
        }
        if (const auto found = old_.find(key); found != old_.end()) {
            return found->second;
        }
        return std::nullopt;
    }

    void put(std::int64_t type, std::string_view id, std::uint64_t version) {
        young_.insert_or_assign(make_key(type, id), version);
        if (young_.size() >= generation_) {
            old_ = std::exchange(young_, {});
        }
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
    const std::string& make_key(std::int64_t type, std::string_view id) {
        key_.assign(std::to_string(type)).append(1, ' ').append(id);
        return key_;
    }

    std::size_t generation_;
    std::string key_; ///< reused: a look-up allocates nothing
    std::unordered_map<std::string, std::uint64_t> young_;
    std::unordered_map<std::string, std::uint64_t> old_;
};

} // namespace bus::internal
