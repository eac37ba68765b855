#pragma once

#include <bus/agent/context.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bus::internal {

/// The state that an agent's steps have written and the store does not have yet, so that the next
/// step sees it without waiting for the commit. Where an agent has several workers, it also tells
/// a step that another one has written what it had read. Thread safe.
class StateCache {
public:
    using Value = std::optional<std::string>; ///< none: erased
    using States = detail::WrittenStates;

    /// What was written, to be given back once it is committed.
    using Written = std::vector<std::pair<std::string, std::uint64_t>>;

    /// What a step has read.
    class View {
    public:
        explicit View(StateCache& cache);
        ~View();
        View(const View&) = delete;
        View& operator=(const View&) = delete;

    private:
        friend StateCache;

        StateCache& cache_;
        std::uint64_t began_ = 0;
        std::vector<std::string> keys_;
        std::vector<std::string> prefixes_;
    };

    explicit StateCache(bool several_workers) : several_{several_workers} {}

    /// To be held from write() until the part is with the writer: parts that stand on each other's
    /// state are then committed in the order of their writing. Empty where there is one worker.
    using Order = std::unique_lock<std::mutex>;

    [[nodiscard]] Order order() { return several_ ? Order{order_} : Order{}; }

    /// None: the store knows.
    [[nodiscard]] std::optional<Value> find(std::string_view key, View& view);
    /// What is written under keys that begin with `prefix`.
    [[nodiscard]] States find_all(std::string_view prefix, View& view);

    /// False, and nothing is written: another step has written what this one had read.
    [[nodiscard]] bool write(const States& states, const View& view, Written& written);

    void committed(const Written& written);
    /// What was not committed never will be.
    void clear();

private:
    struct Entry {
        Value value;
        std::uint64_t number;
    };

    [[nodiscard]] bool overtaken(const View& view) const;

    const bool several_;
    std::mutex order_;
    std::mutex mutex_;
    std::map<std::string, Entry, std::less<>> entries_;
    std::uint64_t last_ = 0;
    std::multiset<std::uint64_t> views_;
    std::deque<std::pair<std::uint64_t, std::string>> recent_; ///< written since the oldest view
};

} // namespace bus::internal
