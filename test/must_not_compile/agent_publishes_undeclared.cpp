// expect: libbus: this handler publishes an event that it does not declare
#include "events.hpp"

class Clerk : public bus::Agent {
public:
    Clerk() : Agent{"clerk"} { on<shop::OrderPlacedEvent>(&Clerk::take); }

private:
    void take(const shop::OrderPlacedEvent& event,
              bus::StepContext<shop::OrderPaidEvent>& context) {
        context.publish(shop::OrderLostEvent{{}, event.order_id});
    }
};

Clerk misused;
