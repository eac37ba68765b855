#pragma once

#include <bus/runtime/home_process.hpp>
#include <bus/store/internal/agent_progress.hpp>
#include <bus/store/internal/broken_chains.hpp>
#include <bus/store/internal/stored_times.hpp>
#include <bus/store/memory/log.hpp>
#include <bus/store/memory_store.hpp>

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace bus {

/// The content of a MemoryStore. All functions except the first two require that the caller holds
/// one of the locks that these return.
struct MemoryStore::Data {
    /// Locks the data for reading. Throws std::logic_error in a child of fork(), as to_write()
    /// does.
    [[nodiscard]] std::shared_lock<std::shared_mutex> to_read() const {
        home.check("a store");
        return std::shared_lock{mutex};
    }

    [[nodiscard]] std::unique_lock<std::shared_mutex> to_write() {
        home.check("a store");
        return std::unique_lock{mutex};
    }

    struct AgentData {
        std::optional<internal::AgentProgress> progress{}; ///< none: the agent was never registered
        std::map<Position, DeliveryRecord> deliveries{};
        std::map<std::string, std::string, std::less<>> states{};

        [[nodiscard]] bool holds_nothing() const {
            return !progress && deliveries.empty() && states.empty();
        }
    };

    [[nodiscard]] PartResult commit_part(const Part& part);
    [[nodiscard]] std::exception_ptr refusal(const Part& part) const;
    void put_back(const Part& part);
    void write_agent(const Part& part);
    void write_timers(const Part& part);
    void erase_timer(std::uint64_t number);
    bool erase_timers_of(std::string_view agent);
    /// Whether there is anything of that agent.
    [[nodiscard]] bool holds(std::string_view agent) const;
    void rename(std::string_view from, std::string_view to);
    [[nodiscard]] std::vector<PartResult::Changed> carry_out(const Part& part);
    void answer(const RequestAnswer& answer);
    std::uint64_t keep(RequestRecord request);
    [[nodiscard]] std::uint64_t newest_request() const;
    void note_stored(std::span<const Part> parts, Position first);
    std::size_t prune(Position through, std::size_t limit);
    void refuse_pruning(Position through) const;

    [[nodiscard]] const AgentData* find(std::string_view agent) const;

    const detail::HomeProcess home;
    mutable std::shared_mutex mutex;
    internal::MemoryLog log;
    internal::BrokenChains chains;
    std::map<std::string, AgentData, std::less<>> agents{};
    std::map<std::uint64_t, TimerRecord> timers{};
    std::set<std::pair<Timestamp, std::uint64_t>> timers_by_due;
    std::uint64_t last_timer = 0;
    std::map<std::uint64_t, RequestRecord> requests{}; ///< by number
    std::vector<internal::StoredTime> stored_times{};  ///< in order of position
};

} // namespace bus
