// expect: libbus: this type is not an event
#include "events.hpp"

class Clerk : public bus::Agent {
public:
    Clerk() : Agent{"clerk"} { on<shop::OrderPlacedEvent>(&Clerk::take).emits<std::string>(); }

private:
    void take(const shop::OrderPlacedEvent& /*event*/) {}
};

Clerk misused;
