#pragma once

#include <bus/store/event_store.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <map>
#include <string>

namespace bus::internal {

/// The chains of parts that a failure has broken. Only the newest ones of each agent are kept: a
/// part of an older chain cannot be on its way any more, because its agent has begun again many
/// times since.
class BrokenChains {
public:
    /// Why the part must not be stored; null if its chain is not broken.
    [[nodiscard]] std::exception_ptr refusal(const Part& part) const {
        if (part.chain == 0) {
            return nullptr;
        }
        const auto found = broken_.find(part.agent);
        if (found == broken_.end() || !has(found->second, part.chain)) {
            return nullptr;
        }
        return std::make_exception_ptr(BrokenChain{part.agent});
    }

    /// Marks the part's chain as broken, because the part failed.
    void add(const Part& part) {
        if (part.chain == 0) {
            return;
        }
        std::deque<std::uint64_t>& chains = broken_[part.agent];
        if (!has(chains, part.chain)) {
            chains.push_back(part.chain);
            if (chains.size() > most) {
                chains.pop_front();
            }
        }
    }

private:
    static constexpr std::size_t most = 64;

    static bool has(const std::deque<std::uint64_t>& chains, std::uint64_t chain) {
        return std::find(chains.begin(), chains.end(), chain) != chains.end();
    }

    std::map<std::string, std::deque<std::uint64_t>> broken_; ///< key: name of the agent
};

} // namespace bus::internal
