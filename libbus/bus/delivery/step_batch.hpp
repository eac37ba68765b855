#pragma once

#include <bus/dispatch/observer_sink.hpp>
#include <bus/store/records.hpp>
#include <bus/store/writer.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace bus {

/// One delivery to be attempted.
struct DeliveryItem {
    Writer::Event event;
    std::optional<DeliveryRecord> deferred; ///< set: not the first attempt
    Position settles = 0; ///< where the checkpoint may go once it is settled; 0: stays
};

/// What is to be told and remembered of an attempt once it is committed.
struct Attempted {
    std::shared_ptr<const DomainEvent> event; ///< null: it could not be read
    Position position = 0;
    Position settles = 0;
    std::vector<std::shared_ptr<const DomainEvent>> emitted;
    std::optional<Failure> failure;
    std::optional<DeliveryRecord> delivery; ///< what it became; none: finished
    bool wrote_state = false;
};

/// Steps of an agent that were run one after the other, and their parts, which are committed
/// together or, where a commit comes between, one after the other.
struct StepBatch {
    std::vector<Part> parts;
    std::vector<Attempted> attempts; ///< one a part
    std::vector<PartResult> results;
    std::atomic<std::size_t> open{0}; ///< parts whose result is still to come
    Position checkpoint = 0;          ///< after the parts so far
};

/// Tells the sink what became of the batch's steps.
void report(const StepBatch& batch, std::string_view agent, ObserverSink& sink);

} // namespace bus
