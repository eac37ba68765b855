#pragma once

#include <bus/agent/graph.hpp>
#include <bus/bus.hpp>
#include <bus/store/event_store.hpp>

#include <cstdint>

namespace crash {

/// The number of pieces that a run of the workshop makes.
constexpr std::int64_t pieces = 120;
/// No piece is deadly.
constexpr std::int64_t no_piece = -1;

/// True if the store that this is built with keeps timers; below, if it keeps begun notes.
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

/// True if the packer at first gives up on the piece with this number.
bool does_not_fit(std::int64_t number);
/// True if the foreman redrives the piece with this number after it was given up.
bool is_done_again(std::int64_t number);

/// Adds the workshop's agents: cutter, polisher (retries, gives up, is redriven), packer (the same,
/// and its dead letters hold nothing up), foreman (redrives what was given up), dryer (timers) and
/// clerk (counts all events in its state). The polisher kills the process on the piece `deadly`.
/// `newer`: for the newer program, in which some agents have other names.
void add_workshop(bus::Bus& bus, std::int64_t deadly, bool newer);

/// The graph of these agents.
bus::EventGraph workshop_graph(bool newer);

} // namespace crash
