// expect: libbus: an agent's handler takes (const E&, bus::Context&)
#include "events.hpp"

class Clerk : public bus::Agent {
public:
    Clerk() : Agent{"clerk"} { on<shop::OrderPlacedEvent>(&Clerk::take); }

private:
    void take(const shop::OrderPaidEvent& /*event*/, bus::Context& /*context*/) {}
};

Clerk misused;
