#pragma once

#include <bus/testing/mismatch.hpp>

#include <boost/test/unit_test.hpp>

#include <string_view>
#include <vector>

namespace test {

/// Checks that a Mismatch is thrown with a message that contains all these parts, in this order.
template <class Act>
void mismatches(Act act, const std::vector<std::string_view>& parts) {
    BOOST_CHECK_EXCEPTION(act(), bus::testing::Mismatch, [&](const bus::testing::Mismatch& error) {
        std::string_view rest = error.what();
        for (const std::string_view part : parts) {
            const std::size_t place = rest.find(part);
            if (place == std::string_view::npos) {
                BOOST_TEST_MESSAGE("not found: " << part << "\nin: " << error.what());
                return false;
            }
            rest.remove_prefix(place + part.size());
        }
        return true;
    });
}

} // namespace test
