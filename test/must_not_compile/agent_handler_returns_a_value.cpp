// expect: libbus: a handler returns nothing
#include "events.hpp"

class Watcher : public bus::Agent {
public:
    Watcher() : Agent{"watcher"} {
        on<shop::OrderPaidEvent>([](const shop::OrderPaidEvent&) { return 7; });
    }
};
