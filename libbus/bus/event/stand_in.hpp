#pragma once

#include <bus/event/domain_event.hpp>
#include <bus/event/event_record.hpp>

#include <memory>

namespace bus {

/// An event that stands for one that this program cannot read, for those who must name it: the id,
/// time, aggregate, execution, user and cause are those of the record, and the members have their
/// defaults. It is of the type that the record names. If the program does not know that, it is of
/// a type that has nothing but the name, the version and the aggregate type, and derives from
/// DomainEvent. Thread safe.
std::shared_ptr<const DomainEvent> stand_in(const EventRecord& record);

} // namespace bus
