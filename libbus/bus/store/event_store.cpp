#include <bus/store/event_store.hpp>

#include <boost/describe/enum_to_string.hpp>

namespace bus {

const char* to_text(DeliveryState state) noexcept {
    return boost::describe::enum_to_string(state, "unknown");
}

VersionConflict::VersionConflict(const std::string& stream, std::uint64_t expected,
                                 std::uint64_t actual)
    : std::runtime_error{"stream " + stream + " is at version " + std::to_string(actual) +
                         ", not at the expected " + std::to_string(expected) +
                         "; nothing was appended: read the stream again and decide anew"},
      expected_{expected},
      actual_{actual} {}

IdConflict::IdConflict(const Uuid& event_id)
    : std::runtime_error{"event " + to_text(event_id) +
                         " is stored already with other content; nothing was appended: give a "
                         "changed event an id of its own"} {}

BrokenChain::BrokenChain(const std::string& agent)
    : std::runtime_error{"an earlier part of the same chain of agent '" + agent +
                         "' was not stored, so neither was this one: begin again at what the store "
                         "holds, with a new chain"} {}

TimerGone::TimerGone(std::uint64_t number)
    : std::runtime_error{"timer " + std::to_string(number) +
                         " has fired or was cancelled; nothing was stored"} {}

std::size_t EventStore::read_each(Position after, std::size_t limit, const OnEvent& use) {
    std::vector<StoredEvent> events = read(after, limit);
    for (StoredEvent& event : events) {
        use(event);
    }
    return events.size();
}

} // namespace bus
