// expect: libbus: the bus owns its agents
#include "events.hpp"

#include <memory>

struct Clerk : bus::Agent {
    Clerk() : Agent{"clerk"} {}
};

void misuse(bus::Bus& bus) {
    bus.add(std::make_shared<Clerk>());
}
