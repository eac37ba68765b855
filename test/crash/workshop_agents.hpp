#pragma once

#include <bus/agent/graph.hpp>
#include <bus/bus.hpp>
#include <bus/store/event_store.hpp>

#include <cstdint>

namespace crash {

/// Pieces that a run of the workshop makes.
constexpr std::int64_t pieces = 120;
/// No piece: nobody dies.
constexpr std::int64_t no_piece = -1;

/// True where the store that we are built with keeps timers, and notes of what was begun.
template <class Store = bus::EventStore>
constexpr bool keeps_timers = requires(Store& store) {
    store.last_timer();
};

template <class Store = bus::EventStore>
constexpr bool keeps_begun_notes = requires(Store& store) {
    store.begun("agent");
};

/// Adds the workshop's agents: cutter, polisher (retries, gives up, is redriven), foreman (redrives
/// what was given up), dryer (timers) and clerk (counts all in its state). The polisher kills the
/// process on the piece `deadly`.
void add_workshop(bus::Bus& bus, std::int64_t deadly);

/// What they declare.
bus::EventGraph workshop_graph();

} // namespace crash
