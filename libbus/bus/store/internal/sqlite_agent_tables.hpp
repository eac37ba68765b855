#pragma once

#include <bus/store/event_store.hpp>
#include <bus/store/internal/sqlite_agent_reader.hpp>
#include <bus/store/internal/sqlite_connection.hpp>
#include <bus/store/internal/sqlite_log_row.hpp>
#include <bus/store/internal/sqlite_names.hpp>
#include <bus/store/internal/sqlite_progress.hpp>
#include <bus/store/internal/sqlite_requests.hpp>

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace bus::sqlite {

/// What is written of agents, their timers and the commands to them, inside the transaction of the
/// writer. Not thread safe.
class AgentTables {
public:
    /// `kept`: what the store says that there is.
    AgentTables(Connection& connection, NameIds& names, const KeptCounts& kept);

    /// Why the part may not be stored as things are; null: it may.
    [[nodiscard]] std::exception_ptr refusal(const Part& part);
    /// Writes all of a part but its events.
    void write(const Part& part, std::vector<PartResult::Changed>& changed);
    /// Puts the part's agent back, as part.replay says. False: it is registered already.
    bool put_back(const Part& part, Position log_end);

    /// Writes what was gathered over the parts of a transaction.
    void flush();

    void committed();
    void rolled_back();

    /// Answers a request, beside any part.
    void answer(const RequestAnswer& answer);

    /// EventStore::prune_requests.
    std::size_t prune_requests(Timestamp before, std::size_t limit) {
        return requests_.prune(before, limit);
    }

    /// An agent was removed: what is known of it is read again, and this is what is left.
    void forget(const KeptCounts& kept);

    /// A request that is not part of a step.
    void keep(const RequestRecord& request) { requests_.insert(request); }

    [[nodiscard]] const KeptCounts& kept() const noexcept { return kept_; }

private:
    /// A row of state as a part of the open transaction leaves it.
    struct StateWrite {
        std::int64_t agent;
        std::string_view key{};  ///< of the part
        const std::string* json; ///< of the part; nullptr: the row goes
    };

    void write_state(const StateWrite& write);
    void write_agent(const Part& part);
    void note_states(std::int64_t agent, const Part& part);
    void write_states();
    void put(const DeliveryRecord& delivery);
    void write_timers(const Part& part);
    void erase_timer(std::uint64_t number);
    void put(const TimerRecord& timer);
    void carry_out(const Part& part, std::vector<PartResult::Changed>& changed);

    NameIds& names_;
    AgentReader reader_;
    ProgressTable progress_;
    RequestTable requests_;
    const Connection& connection_;
    KeptCounts kept_;
    KeptCounts committed_kept_;
    std::vector<StateWrite> states_; ///< of the open transaction, in order

    Statement put_delivery_;
    Statement erase_delivery_;
    Statement update_state_;
    Statement insert_state_;
    Statement erase_state_;
    Statement deliveries_;
    Statement erase_deliveries_;
    Statement erase_states_;
    Statement erase_timers_;
    Statement find_timer_;
    Statement put_timer_;
    Statement erase_timer_;
};

} // namespace bus::sqlite
