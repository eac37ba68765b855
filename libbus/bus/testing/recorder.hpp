#pragma once

#include <bus/bus.hpp>
#include <bus/event/domain_event.hpp>
#include <bus/store/records.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace bus::testing {

/// An event that was published.
struct Recorded {
    Position position = 0;                      ///< in the log; 0: it is not kept
    EventRecord record{};                       ///< as it is kept or sent, the cause included
    std::shared_ptr<const DomainEvent> event{}; ///< null: of a type that this program does not know
};

/// What was published on a bus since the recorder was made, by whomever, in order: on a store in
/// that of the log, where transient events have the place they had when handlers heard of them.
///
///     bus::testing::Recorder recorder{bus};
///     ...
///     const std::vector<OrderFailedEvent> failures = recorder.of<OrderFailedEvent>();
///
/// It is a handler of transient events, and without a store of all: `unhandled` is then told of
/// none. What is published by other threads is there once the bus is idle. It must not outlive the
/// bus. Thread safe.
class Recorder {
public:
    explicit Recorder(Bus& bus);
    /// Also what the log holds after a position. Throws std::logic_error without a store.
    Recorder(Bus& bus, Position after);
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;
    ~Recorder();

    /// Throws StoreError, and CodecError for an event of a known type that cannot be read.
    [[nodiscard]] std::vector<Recorded> all() const;

    /// A place among what is recorded.
    struct Mark {
        Position position = 0;
        std::size_t heard = 0;
    };

    /// The place behind the newest event.
    [[nodiscard]] Mark here() const;
    /// What was recorded after a place.
    [[nodiscard]] std::vector<Recorded> since(const Mark& mark) const;

    /// Those of type E; of an event that refines E, what is E of it.
    template <EventStruct E>
    [[nodiscard]] std::vector<E> of() const {
        std::vector<E> found;
        for (const Recorded& recorded : all()) {
            if (const E* event = recorded.event ? event_cast<E>(*recorded.event) : nullptr) {
                found.push_back(*event);
            }
        }
        return found;
    }

    /// The event that caused this one, also where it is older than the recorder and in the store;
    /// none: it is a first cause, or is not known.
    [[nodiscard]] std::optional<Recorded> cause_of(const DomainEvent& event) const;
    /// The events recorded that this one has caused, directly.
    [[nodiscard]] std::vector<Recorded> caused_by(const DomainEvent& event) const;

    [[nodiscard]] std::size_t size() const { return all().size(); }

    /// Forgets what there is, and goes on from here.
    void clear();

private:
    struct Heard;
    void listen(Bus& bus);
    [[nodiscard]] std::vector<Recorded> read(const Mark& after) const;

    EventStore* store_;
    std::shared_ptr<Heard> heard_;
    Subscription subscription_;
};

} // namespace bus::testing
