#include "test/libbus/bus/store/verify_sample.hpp"

#include <boost/test/unit_test.hpp>
