#pragma once

#include <bus/agent/runner.hpp>
#include <bus/store/event_store.hpp>
#include <bus/store/writer.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace bus {

/// Reserves names of agents: while an agent is being forgotten, none of that name can be added.
struct AgentNames {
    /// Throws std::invalid_argument, which says what to do, if the agent is on the bus.
    std::function<void(const std::string&)> check{};
    /// The same, but reserves the name if the agent is not on the bus.
    std::function<void(const std::string&)> take{};
    /// Ends the reservation.
    std::function<void(const std::string&)> give_back{};
};

/// The times of a RequestDesk: see BusOptions.
struct RequestTimes {
    Duration every{};        ///< how often to look for requests of other processes; zero: never
    Duration forget_after{}; ///< how old the desk must be to forget an agent
};

/// Executes what operators ask for in the store's table of requests, one request after the other.
///
/// If a crash interrupts a request, it is executed again. A request only affects deliveries that
/// have not failed since it was made. The store decides that by the numbers of requests
/// (DeliveryRecord::after_request), not by the clock. Each command counts once, and the answer is
/// stored with the last one. Thread safe.
class RequestDesk : public std::enable_shared_from_this<RequestDesk> {
public:
    using OnCommand = std::function<void(const PartResult&)>;
    /// Executes a command, then calls back.
    using Command = std::function<void(DeliveryCommand, OnCommand)>;

    /// Makes an agent replay, then calls back.
    using Replay =
        std::function<void(const std::string& agent, ReplayOrder, RequestAnswer, OnCommand)>;

    /// The event types that an agent of this program may have handled, but that this program does
    /// not know: `OldEvent, OlderEvent`. Empty if there are none, or if another program runs the
    /// agent.
    using LostByReplay = std::function<std::string(const AgentRecord&)>;

    RequestDesk(EventStore& store, Writer& writer, std::shared_ptr<RunnerHub> hub, Command command,
                Replay replay, LostByReplay lost_by_replay, AgentNames names,
                Duration forget_after);

    /// Begins to look into the table each time that `every` has passed. If it is zero, only look()
    /// does so.
    void start(Duration every);
    /// Looks into the table soon, on a worker.
    void look();
    /// Whether no request is being executed.
    [[nodiscard]] bool idle();
    /// Begins no further request, and no further page of a request that prunes. Such a request
    /// stays open.
    void stop();

private:
    /// A request that is being executed.
    struct Work {
        RequestRecord request;
        std::size_t open = 0; ///< commands without a result, plus one while commands are issued
        std::size_t done = 0; ///< commands that changed something, or rows that were pruned
        Position last = 0;    ///< position of the last command, which has the answer; 0: none left
        std::string trouble{};
        std::string result{};  ///< the answer, if it is more than `done` says
        std::string refusal{}; ///< why the store does not do it, or not all of it
        bool answered = false; ///< the answer is stored together with the work
    };

    void look_again_later();
    void try_again_later();
    void take_next();
    void begin(const std::shared_ptr<Work>& work);
    void replay(const std::shared_ptr<Work>& work);
    void forget(const std::shared_ptr<Work>& work);
    void forget_on_writer(Work& work);
    [[nodiscard]] RequestAnswer answer_of(const RequestRecord& request, std::string result) const;
    [[nodiscard]] std::string what_was_done(const RequestRecord& request, std::size_t done) const;
    [[nodiscard]] std::string why_nothing(const RequestRecord& request) const;
    [[nodiscard]] bool older_than_this(const RequestRecord& request) const;
    [[nodiscard]] bool forgets_now();
    [[nodiscard]] static bool came_later(const DeliveryRecord& delivery,
                                         const RequestRecord& request);
    [[nodiscard]] std::uint64_t done_of(const RequestRecord& request);
    void prune(const std::shared_ptr<Work>& work);
    void end_prune(const std::shared_ptr<Work>& work, bool more);
    void carry_out(const std::shared_ptr<Work>& work);
    [[nodiscard]] std::vector<Position> positions_of(const RequestRecord& request);
    [[nodiscard]] std::vector<Position> group_of(const RequestRecord& request, std::uint64_t most);
    void command(const std::shared_ptr<Work>& work, Position position,
                 std::optional<RequestAnswer> answer);
    void on_command(const std::shared_ptr<Work>& work, const PartResult& result);
    void go_on(const std::shared_ptr<Work>& work);
    void answer(const std::shared_ptr<Work>& work);
    void end_look();

    EventStore& store_;
    Writer& writer_;
    std::shared_ptr<RunnerHub> hub_;
    Command command_;
    Replay replay_;
    LostByReplay lost_by_replay_;
    AgentNames names_;
    const ClockReading made_;
    const Duration forget_after_;
    /// Requests up to this number were made before this program began; none: could not be read.
    const std::optional<std::uint64_t> asked_before_;
    std::mutex mutex_;
    bool old_enough_ = false; ///< to forget agents
    /// Work::done of requests that trouble has interrupted.
    std::map<std::uint64_t, std::size_t> done_before_;
    Duration every_{};
    bool stopped_ = true;
    bool looking_ = false;
    bool look_again_ = false;
    std::uint64_t after_ = 0; ///< this look is done with requests up to this number
    std::optional<Runtime::TimerId> timer_;
    std::optional<Runtime::TimerId> grown_; ///< fires when the desk is old enough to forget agents
    std::optional<Runtime::TimerId> again_; ///< fires some time after a request met trouble
};

} // namespace bus
