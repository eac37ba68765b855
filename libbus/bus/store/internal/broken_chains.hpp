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

/// The chains of parts that a failure has broken. Of each agent the newest ones are kept: a part of
/// an older one cannot still be on its way, since its agent has begun again many times since.
class BrokenChains {
public:
    /// Why the part may not be stored; null: its chain is whole.
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

    /// The part has failed.
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

    std::map<std::string, std::deque<std::uint64_t>> broken_; ///< by agent
};

} // namespace bus::internal
