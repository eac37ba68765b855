// The bus of a program, in a separate file that knows no event. One build links it before the rest
// of the program, the other one after it, so it is made before or after the other static objects.
#include "program_end_bus.hpp"

#include <bus/bus.hpp>

namespace {

bus::Bus bus_of_the_program;

} // namespace

bus::Bus& the_bus() {
    return bus_of_the_program;
}
