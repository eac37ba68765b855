// The bus of a program, in a file of its own that knows no event. It is linked before the rest of
// the program in one build and behind it in the other, and so is made before or after its statics.
#include "program_end_bus.hpp"

#include <bus/bus.hpp>

namespace {

bus::Bus bus_of_the_program;

} // namespace

bus::Bus& the_bus() {
    return bus_of_the_program;
}
