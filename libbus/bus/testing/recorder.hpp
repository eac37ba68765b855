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
    Position position = 0;                      ///< in the log; 0 if it is not stored
    EventRecord record{};                       ///< the event in its stored form, with the cause
    std::shared_ptr<const DomainEvent> event{}; ///< null if this program does not know its type
};

/// Records the events that were published on a bus since the recorder was made, by any publisher,
/// in order. With a store, the order is that of the log. A transient event comes after the events
/// that were in the log when handlers got it.
///
///     bus::testing::Recorder recorder{bus};
///     ...
///     const std::vector<OrderFailedEvent> failures = recorder.of<OrderFailedEvent>();
///
/// The recorder is a handler of transient events. Without a store it is a handler of all events, so
/// the `unhandled` signal reports none. Events that other threads publish are recorded at the
/// latest when the bus is idle. The recorder must not outlive the bus. Thread safe.
class Recorder {
public:
    /// Records from now on.
    explicit Recorder(Bus& bus);
    /// Also includes the events in the log after a position. Throws std::logic_error if the bus has
    /// no store.
    Recorder(Bus& bus, Position after);
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;
    ~Recorder();

    /// All recorded events. Throws StoreError, and CodecError if an event of a known type cannot be
    /// read.
    [[nodiscard]] std::vector<Recorded> all() const;

    /// A place among the recorded events; here() returns it.
    struct Mark {
        Position position = 0; ///< the end of the log
        std::size_t heard = 0; ///< number of events that are not in the log
    };

    /// The place after the newest event.
    [[nodiscard]] Mark here() const;
    /// The events recorded after a place. Throws what all() throws.
    [[nodiscard]] std::vector<Recorded> since(const Mark& mark) const;

    /// The events of type E. Of an event that refines E, only the E part. Throws what all() throws.
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

    /// The event that caused this one. It may be older than the recorder if it is in the store.
    /// Returns none if the event has no cause, or if the cause is not known.
    [[nodiscard]] std::optional<Recorded> cause_of(const DomainEvent& event) const;
    /// The recorded events that this one caused directly.
    [[nodiscard]] std::vector<Recorded> caused_by(const DomainEvent& event) const;

    /// The number of recorded events. Throws what all() throws.
    [[nodiscard]] std::size_t size() const { return all().size(); }

    /// Forgets the recorded events and continues to record.
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
