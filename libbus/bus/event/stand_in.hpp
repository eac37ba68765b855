#pragma once

#include <bus/event/domain_event.hpp>
#include <bus/event/event_record.hpp>

#include <memory>

namespace bus {

/// An event that represents one that this program cannot read, so that reports and observers can
/// name it. It has the id, time, aggregate, execution, user and cause of the record; its members
/// have default values. Its type is the one that the record names. If the program does not know
/// that type, the event gets a substitute, which derives from DomainEvent and has only the name,
/// version and aggregate type. Thread safe.
std::shared_ptr<const DomainEvent> stand_in(const EventRecord& record);

} // namespace bus
