#pragma once

// The former place of <bus/observers.hpp>, for programs written before 0.2. It will go with 0.3.
#include <bus/observers.hpp>
