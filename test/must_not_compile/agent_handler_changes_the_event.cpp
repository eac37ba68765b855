// expect: libbus: a handler takes the event by const reference
#include "events.hpp"

class Clerk : public bus::Agent {
public:
    Clerk() : Agent{"clerk"} { on<shop::OrderPlacedEvent>(&Clerk::take); }

private:
    void take(shop::OrderPlacedEvent& event, bus::Context& /*context*/) { ++event.items; }
};

Clerk misused;
