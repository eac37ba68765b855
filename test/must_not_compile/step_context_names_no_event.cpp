// expect: libbus: this type is not an event
#include "events.hpp"

class Clerk : public bus::Agent {
public:
    Clerk() : Agent{"clerk"} { on<shop::OrderPlacedEvent>(&Clerk::take); }

private:
    void take(const shop::OrderPlacedEvent& /*event*/, bus::StepContext<int>& /*context*/) {}
};

Clerk misused;
