// expect: libbus: this type is not an event
#include "events.hpp"

class Clerk : public bus::Agent {
public:
    Clerk() : Agent{"clerk"} {
        on<int>([](int) {});
    }

private:
    int desk_ = 0;
};

Clerk misused;
