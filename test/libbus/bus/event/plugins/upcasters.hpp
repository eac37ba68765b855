#pragma once

namespace bus {
class EventType;
} // namespace bus

namespace plugged {

/// What a plugin with nothing but upcasters has: adds those from versions 1 and 2.
using AddUpcasters = void (*)(const bus::EventType& type);

} // namespace plugged
