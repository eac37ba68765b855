// expect: libbus: an agent's handler takes (const E&, bus::Context&)
#include "events.hpp"

class Clerk : public bus::Agent {
public:
    Clerk() : Agent{"clerk"} {
        on<shop::OrderPlacedEvent>([](const shop::OrderPlacedEvent&, bus::Context&, int) {});
    }

private:
    int desk_ = 0;
};

Clerk misused;
