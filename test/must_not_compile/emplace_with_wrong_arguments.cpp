// expect: libbus: the agent cannot be made from these arguments
#include "events.hpp"

class Clerk : public bus::Agent {
public:
    explicit Clerk(int desk) : Agent{"clerk " + std::to_string(desk)} {}
};

void misuse(bus::Bus& bus) {
    bus.emplace<Clerk>();
}
