#pragma once

#include <bus/store/event_store.hpp>
#include <bus/store/internal/sqlite_agent_reader.hpp>
#include <bus/store/internal/sqlite_connection.hpp>
#include <bus/store/internal/sqlite_names.hpp>
#include <bus/store/internal/sqlite_progress.hpp>
#include <bus/store/internal/sqlite_requests.hpp>

#include <cstdint>
#include <exception>
#include <vector>

namespace bus::sqlite {

/// What is written of agents, their timers and the commands to them, inside the transaction of the
/// writer. Not thread safe.
class AgentTables {
public:
    /// `last_timer`: the highest number that the store has given.
    AgentTables(Connection& connection, NameIds& names, std::uint64_t last_timer);

    /// Why the part may not be stored as things are; null: it may.
    [[nodiscard]] std::exception_ptr refusal(const Part& part);
    /// Writes all of a part but its events.
    void write(const Part& part, std::vector<PartResult::Changed>& changed);

    /// Writes what was gathered over the parts of a transaction.
    void flush() { progress_.flush(); }

    void committed();
    void rolled_back();

    /// An agent was removed: what is known of it is read again.
    void forget() { progress_.clear(); }

    [[nodiscard]] std::uint64_t last_timer() const noexcept { return last_timer_; }

    /// Whether the open transaction has given a higher number than any before.
    [[nodiscard]] bool last_timer_moved() const noexcept {
        return last_timer_ != committed_last_timer_;
    }

private:
    void write_agent(const Part& part);
    void put(const DeliveryRecord& delivery);
    void write_timers(const Part& part);
    void put(const TimerRecord& timer);
    void carry_out(const Part& part, std::vector<PartResult::Changed>& changed);

    NameIds& names_;
    AgentReader reader_;
    ProgressTable progress_;
    RequestTable requests_;
    std::uint64_t last_timer_;
    std::uint64_t committed_last_timer_;

    Statement put_delivery_;
    Statement erase_delivery_;
    Statement put_state_;
    Statement erase_state_;
    Statement find_timer_;
    Statement put_timer_;
    Statement erase_timer_;
};

} // namespace bus::sqlite
