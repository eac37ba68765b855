#include <bus/store/event_store.hpp>

namespace bus {

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

StaleCheckpoint::StaleCheckpoint(const std::string& agent, Position expected, Position actual)
    : std::runtime_error{"agent " + agent + " stands at " + std::to_string(actual) +
                         ", not at the expected " + std::to_string(expected) +
                         "; nothing was stored: begin again where the store says it stands"} {}

} // namespace bus
