#pragma once

#include <bus/bus.hpp>

bus::Bus& the_bus();
