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

/// An agent that has another name in the newer program.
struct Renamed {
    const char* older;
    const char* newer;
};

inline constexpr Renamed polisher_name{"polisher", "finisher"};
inline constexpr Renamed dryer_name{"dryer", "drying_room"};
inline constexpr Renamed packer_name{"packer", "shipper"};
inline constexpr Renamed renamed_agents[] = {polisher_name, dryer_name, packer_name};

/// The packer gives up on a piece of this number at first.
bool does_not_fit(std::int64_t number);
/// The foreman has a piece of this number done again that was given up.
bool is_done_again(std::int64_t number);

/// Adds the workshop's agents: cutter, polisher (retries, gives up, is redriven), packer (the same,
/// and its dead letters hold nothing up), foreman (redrives what was given up), dryer (timers) and
/// clerk (counts all in its state). The polisher kills the process on the piece `deadly`. `newer`:
/// in the newer program, in which some have other names.
void add_workshop(bus::Bus& bus, std::int64_t deadly, bool newer);

/// What they declare.
bus::EventGraph workshop_graph(bool newer);

} // namespace crash
