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

/// Reports to those who observe `trouble`, once each, the events that an agent's program does not
/// handle any more, or does not know yet. Thread safe.
class EventWarnings {
public:
    explicit EventWarnings(std::string agent) : agent_{std::move(agent)} {}

    /// What is left of events that the agent has no handler for.
    void no_handler(const WaitingCount& left, ObserverSink& sink) const;
    /// What waits of a newer version than `known`. Of that version nothing more is reported.
    void newer(const WaitingCount& waiting, std::uint32_t known, ObserverSink& sink);
    /// An event of a newer version than `known` has come.
    void newer(const EventRecord& event, std::uint32_t known, ObserverSink& sink);

private:
    [[nodiscard]] bool is_first(const std::string& type, std::uint32_t version);

    std::string agent_;
    std::mutex mutex_;
    std::set<std::pair<std::string, std::uint32_t>> reported_;
};

/// Reports which of the store's newest events the program does not know, if there are any. Throws
/// StoreError.
void report_unknown(EventStore& store, ObserverSink& sink);

/// The types of the events from where an agent began that this program does not know, and that the
/// agent may have handled under another one: `OldEvent, OlderEvent`. Empty if it has handled
/// none for certain: it is at the end of the log, of which nothing was pruned since it began, and
/// as many events were delivered to it as are of types that it handles now. Throws StoreError.
std::string types_it_may_have_handled(EventStore& store, const AgentRecord& record,
                                      const Agent& agent);

} // namespace bus::internal
