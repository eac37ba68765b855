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

/// Keeps the names of a bus's agents apart: while one is forgotten, none of its name comes.
struct AgentNames {
    /// Throws std::invalid_argument, which says what to do, where that agent is on the bus.
    std::function<void(const std::string&)> check{};
    /// The same, and takes the name where it is not.
    std::function<void(const std::string&)> take{};
    std::function<void(const std::string&)> give_back{};
};

struct RequestTimes {
    Duration every{};        ///< how often to look for requests of other processes; zero: never
    Duration forget_after{}; ///< how old the desk must be to forget an agent
};

/// Carries out what operators ask for through the store's table of requests, one after the other.
/// A request that a crash cut short is carried out again: only deliveries are concerned that have
/// not failed since it was made, which the store tells by the numbers of requests
/// (DeliveryRecord::after_request), not by the clock; each command counts once, and the answer is
/// stored with the last of them. Thread safe.
class RequestDesk : public std::enable_shared_from_this<RequestDesk> {
public:
    using OnCommand = std::function<void(const PartResult&)>;
    /// Has a command carried out, and calls back.
    using Command = std::function<void(DeliveryCommand, OnCommand)>;

    /// Has an agent put back, and calls back.
    using Replay =
        std::function<void(const std::string& agent, ReplayOrder, RequestAnswer, OnCommand)>;

    /// The types that an agent of this program may have handled and this program does not know:
    /// `OldEvent, OlderEvent`. Empty: none, or another program runs the agent.
    using LostByReplay = std::function<std::string(const AgentRecord&)>;

    RequestDesk(EventStore& store, Writer& writer, std::shared_ptr<RunnerHub> hub, Command command,
                Replay replay, LostByReplay lost_by_replay, AgentNames names,
                Duration forget_after);

    /// Looks into the table now, and each time that `every` has passed; zero: never by itself.
    void start(Duration every);
    /// Looks into the table soon.
    void look();
    [[nodiscard]] bool idle();
    /// Begins no further request, and no further page of one that prunes: it stays open.
    void stop();

private:
    /// A request being carried out.
    struct Work {
        RequestRecord request;
        std::size_t open = 0; ///< commands without an answer yet, and one while they are given
        std::size_t done = 0; ///< that changed something; of one that prunes: events removed
        Position last = 0;    ///< of the command that is still to come, with the answer; 0: none
        std::string trouble{};
        std::string result{};  ///< where it is not said by `done`
        std::string refusal{}; ///< why the store does not do it, or not all of it
        bool answered = false; ///< together with what was done
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
    /// Requests up to here were made of a program before this one; none: it could not be read.
    const std::optional<std::uint64_t> asked_before_;
    std::mutex mutex_;
    bool old_enough_ = false; ///< to forget
    /// Work::done of requests that trouble has cut short.
    std::map<std::uint64_t, std::size_t> done_before_;
    Duration every_{};
    bool stopped_ = true;
    bool looking_ = false;
    bool look_again_ = false;
    std::uint64_t after_ = 0; ///< requests up to here are answered, or could not be just now
    std::optional<Runtime::TimerId> timer_;
    std::optional<Runtime::TimerId> grown_; ///< when it will be old enough to forget
    std::optional<Runtime::TimerId> again_; ///< after a request that could not be carried out
};

} // namespace bus
