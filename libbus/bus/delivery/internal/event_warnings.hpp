#pragma once

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

} // namespace bus::internal
