#pragma once

#include <bus/agent/runner.hpp>
#include <bus/store/event_store.hpp>
#include <bus/store/writer.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace bus {

/// Keeps the names of a bus's agents apart: while one is forgotten, none of its name comes.
struct AgentNames {
    /// Throws std::invalid_argument, which says what to do, where that agent is on the bus.
    std::function<void(const std::string&)> take;
    std::function<void(const std::string&)> give_back;
};

/// Carries out what operators ask for through the store's table of requests, one after the other.
/// A request that a crash cut short is carried out again: only deliveries that had failed before
/// it was made are concerned, and each command counts once. Thread safe.
class RequestDesk : public std::enable_shared_from_this<RequestDesk> {
public:
    using OnCommand = std::function<void(const PartResult&)>;
    /// Has a command carried out, and calls back.
    using Command = std::function<void(DeliveryCommand, OnCommand)>;

    /// Has an agent put back, and calls back.
    using Replay =
        std::function<void(const std::string& agent, ReplayOrder, RequestAnswer, OnCommand)>;

    /// Throws StoreError.
    RequestDesk(EventStore& store, Writer& writer, std::shared_ptr<RunnerHub> hub, Command command,
                Replay replay, AgentNames names);

    /// Looks into the table now, and each time that `every` has passed; zero: never by itself.
    void start(Duration every);
    /// Looks into the table soon.
    void look();
    [[nodiscard]] bool idle();
    /// Begins no further request.
    void stop();

private:
    /// A request being carried out.
    struct Work {
        RequestRecord request;
        std::size_t open = 0; ///< commands without an answer yet, and one while they are given
        std::size_t done = 0; ///< that changed something
        std::string trouble;
        std::string result;    ///< where it is not said by `done`
        std::string refusal;   ///< why the store does not do it, or not all of it
        bool answered = false; ///< together with what was done
    };

    void look_again_later();
    void try_again_later();
    void take_next();
    void begin(const std::shared_ptr<Work>& work);
    void replay(const std::shared_ptr<Work>& work);
    void forget(const std::shared_ptr<Work>& work);
    void forget_on_writer(Work& work);
    void prune(const std::shared_ptr<Work>& work);
    void end_prune(const std::shared_ptr<Work>& work, bool more);
    void carry_out(const std::shared_ptr<Work>& work);
    [[nodiscard]] std::vector<Position> positions_of(const RequestRecord& request);
    void on_command(const std::shared_ptr<Work>& work, const PartResult& result);
    void answer(const std::shared_ptr<Work>& work);
    void end_look();

    EventStore& store_;
    Writer& writer_;
    std::shared_ptr<RunnerHub> hub_;
    Command command_;
    Replay replay_;
    AgentNames names_;
    std::uint64_t asked_before_; ///< requests up to here were made of a program before this one
    std::mutex mutex_;
    Duration every_{};
    bool stopped_ = true;
    bool looking_ = false;
    bool look_again_ = false;
    std::uint64_t after_ = 0; ///< requests up to here are answered, or could not be just now
    std::optional<Runtime::TimerId> timer_;
    std::optional<Runtime::TimerId> again_; ///< after a request that could not be carried out
};

} // namespace bus
