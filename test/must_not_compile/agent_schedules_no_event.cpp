// expect: libbus: this type is not an event
#include "events.hpp"

class Clerk : public bus::Agent {
public:
    Clerk() : Agent{"clerk"} { on<shop::OrderPlacedEvent>(&Clerk::take); }

private:
    void take(const shop::OrderPlacedEvent& event, bus::Context& context) {
        context.schedule(std::chrono::hours{1}, event.order_id);
    }
};

Clerk misused;
