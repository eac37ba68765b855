#pragma once

#include <bus/event/domain_event.hpp>

#include <cstdint>
#include <string>

/// The events of the workshop, a small program that exists to be killed. A piece has a number. The
/// pieces of one bench are handled in order.
namespace crash {

struct PieceOrderedEvent : bus::Event<PieceOrderedEvent> {
    std::string bench{};
    std::int64_t number = 0;
};
BUS_DESCRIBE_EVENT(PieceOrderedEvent, (bench, number), bus::aggregate_id<&PieceOrderedEvent::bench>)

struct PieceCutEvent : bus::Event<PieceCutEvent> {
    std::string bench{};
    std::int64_t number = 0;
};
BUS_DESCRIBE_EVENT(PieceCutEvent, (bench, number), bus::aggregate_id<&PieceCutEvent::bench>)

struct PiecePolishedEvent : bus::Event<PiecePolishedEvent> {
    std::string bench{};
    std::int64_t number = 0;
    std::int64_t on_bench = 0; ///< how many pieces of its bench were polished by then
};
BUS_DESCRIBE_EVENT(PiecePolishedEvent, (bench, number, on_bench),
                   bus::aggregate_id<&PiecePolishedEvent::bench>)

/// The polisher has given up on a piece.
struct PieceSpoiltEvent : bus::Event<PieceSpoiltEvent> {
    std::string bench{};
    std::int64_t number = 0;
};
BUS_DESCRIBE_EVENT(PieceSpoiltEvent, (bench, number), bus::aggregate_id<&PieceSpoiltEvent::bench>)

/// A while after a piece was polished.
struct PieceDriedEvent : bus::Event<PieceDriedEvent> {
    std::string bench{};
    std::int64_t number = 0;
};
BUS_DESCRIBE_EVENT(PieceDriedEvent, (bench, number), bus::aggregate_id<&PieceDriedEvent::bench>)

struct PiecePackedEvent : bus::Event<PiecePackedEvent> {
    std::string bench{};
    std::int64_t number = 0;
    /// How many pieces of its bench were packed by then. Pieces that were given up first can come
    /// at any time, so they are not counted; for them this is 0.
    std::int64_t in_turn = 0;
};
BUS_DESCRIBE_EVENT(PiecePackedEvent, (bench, number, in_turn),
                   bus::aggregate_id<&PiecePackedEvent::bench>)

/// The packer has given up on a piece.
struct PieceLeftEvent : bus::Event<PieceLeftEvent> {
    std::string bench{};
    std::int64_t number = 0;
};
BUS_DESCRIBE_EVENT(PieceLeftEvent, (bench, number), bus::aggregate_id<&PieceLeftEvent::bench>)

} // namespace crash
