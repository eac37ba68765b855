// expect: libbus: this handler schedules an event that it does not declare
#include "events.hpp"

class Clerk : public bus::Agent {
public:
    Clerk() : Agent{"clerk"} { on<shop::OrderPlacedEvent>(&Clerk::take); }

private:
    void take(const shop::OrderPlacedEvent& event,
              bus::StepContext<shop::OrderPaidEvent>& context) {
        context.schedule(std::chrono::hours{1}, shop::OrderLostEvent{{}, event.order_id});
    }
};

Clerk misused;
