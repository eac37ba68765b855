// expect: libbus: on() takes a member function of the agent itself
#include "events.hpp"

struct Till {
    void take(const shop::OrderPlacedEvent& /*event*/, bus::Context& /*context*/) {}
};

class Clerk : public bus::Agent {
public:
    Clerk() : Agent{"clerk"} { on<shop::OrderPlacedEvent>(&Till::take); }
};

Clerk misused;
