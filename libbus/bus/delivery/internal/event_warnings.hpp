#pragma once

#include <bus/agent/agent.hpp>
#include <bus/dispatch/observer_sink.hpp>
#include <bus/store/event_store.hpp>

#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <utility>

namespace bus::internal {

/// Reports to the observers of `trouble`, once each, which events an agent does not handle any more
/// and which versions its program does not know yet. Thread safe.
class EventWarnings {
public:
    explicit EventWarnings(std::string agent) : agent_{std::move(agent)} {}

    /// Reports unfinished events that the agent has no handler for.
    void no_handler(const WaitingCount& left, ObserverSink& sink) const;
    /// Reports waiting events of a newer version than `known`. Each version is reported only once.
    void newer(const WaitingCount& waiting, std::uint32_t known, ObserverSink& sink);
    /// Reports that an event of a newer version than `known` has come, unless its version was
    /// already reported.
    void newer(const EventRecord& event, std::uint32_t known, ObserverSink& sink);

private:
    [[nodiscard]] bool is_first(const std::string& type, std::uint32_t version);

    std::string agent_;
    std::mutex mutex_;
    std::set<std::pair<std::string, std::uint32_t>> reported_;
};

/// Reports types and versions among the store's newest events that the program does not know, if
/// there are any. Throws StoreError.
void report_unknown(EventStore& store, ObserverSink& sink);

/// The event types in the log, from the start of the agent on, that this program does not know and
/// that the agent may have handled in another program: `OldEvent, OlderEvent`. Empty if the agent
/// has certainly handled none of them. That is so if it is at the end of the log, nothing was
/// pruned since it began, and the number of events delivered to it equals the number of events of
/// the types that it handles now. Throws StoreError.
std::string types_it_may_have_handled(EventStore& store, const AgentRecord& record,
                                      const Agent& agent);

} // namespace bus::internal
