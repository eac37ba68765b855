// expect: libbus: this type is not an event
#include "events.hpp"

class Clerk : public bus::Agent {
public:
    Clerk() : Agent{"clerk"} { emits_on_giving_up<int>(); }

private:
    int desk_ = 0;
};

Clerk misused;
