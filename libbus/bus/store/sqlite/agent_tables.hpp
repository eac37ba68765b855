#pragma once

#include <bus/store/event_store.hpp>
#include <bus/store/sqlite/agent_reader.hpp>
#include <bus/store/sqlite/connection.hpp>
#include <bus/store/sqlite/log_row.hpp>
#include <bus/store/sqlite/names.hpp>
#include <bus/store/sqlite/progress.hpp>
#include <bus/store/sqlite/requests.hpp>

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace bus::sqlite {

/// Writes what belongs to agents, their timers and the commands to them, within the transaction of
/// the writer. Not thread safe.
class AgentTables {
public:
    /// `kept`: the counts that the store has now.
    AgentTables(Connection& connection, NameIds& names, const KeptCounts& kept);

    /// Why the part may not be stored in the present state; null if it may.
    [[nodiscard]] std::exception_ptr refusal(const Part& part);
    /// Writes everything of a part except its events.
    void write(const Part& part, std::vector<PartResult::Changed>& changed);
    /// Puts the part's agent back, as part.replay says. Returns false if the agent is registered
    /// already.
    bool put_back(const Part& part, Position log_end);

    /// Writes what was gathered from the parts of a transaction.
    void flush();

    /// To be called after the commit of the transaction.
    void committed();
    /// To be called after the transaction was rolled back.
    void rolled_back();

    /// Answers a request independently of any part.
    void answer(const RequestAnswer& answer);

    /// EventStore::prune_requests.
    std::size_t prune_requests(Timestamp before, std::size_t limit) {
        return requests_.prune(before, limit);
    }

    /// To be called when an agent was removed. Everything known about agents is read again; `kept`
    /// are the new counts.
    void forget(const KeptCounts& kept);

    /// Stores a request that is not part of a step.
    void keep(const RequestRecord& request) { requests_.insert(request); }

    /// The counts, including those of the open transaction.
    [[nodiscard]] const KeptCounts& kept() const noexcept { return kept_; }

private:
    /// A row of state after a part of the open transaction.
    struct StateWrite {
        std::int64_t agent;
        std::string_view key{};  ///< points into the part
        const std::string* json; ///< points into the part; nullptr: the row is removed
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
