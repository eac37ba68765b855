#pragma once

namespace bus {
class EventType;
} // namespace bus

namespace plugged {

/// The function of a plugin that has only upcasters: adds those from versions 1 and 2.
using AddUpcasters = void (*)(const bus::EventType& type);

} // namespace plugged
