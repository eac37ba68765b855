#pragma once

#include <bus/agent/step_effects.hpp>

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

/// The state that an agent's steps have written and the store does not have yet. From it the next
/// step reads that state without waiting for the commit. If an agent has several workers, it also
/// detects that another step has written what a step had read. Thread safe.
class StateCache {
public:
    using Value = std::optional<std::string>; ///< none if the state was erased
    using States = detail::WrittenStates;

    /// The keys and numbers of what was written, to be passed to committed().
    using Written = std::vector<std::pair<std::string, std::uint64_t>>;

    /// Remembers what a step has read.
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

    /// A lock to hold from write() until the part is submitted. So parts that depend on each
    /// other's state are committed in the order in which it was written. If there is only one
    /// worker, it holds nothing.
    using Order = std::unique_lock<std::mutex>;

    [[nodiscard]] Order order() { return several_ ? Order{order_} : Order{}; }

    /// The value that is not committed yet; none if the store has the newest value.
    [[nodiscard]] std::optional<Value> find(std::string_view key, View& view);
    /// The values under keys that begin with `prefix` that are not committed yet.
    [[nodiscard]] States find_all(std::string_view prefix, View& view);

    /// Writes the states of a step. If another step has written what this one had read, writes
    /// nothing and returns false.
    [[nodiscard]] bool write(const States& states, const View& view, Written& written);

    /// Forgets what the store has now, unless it was written again since.
    void committed(const Written& written);
    /// Forgets everything. What was not committed is lost.
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
