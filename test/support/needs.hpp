#pragma once

#include "test/support/shared_data.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <string>
#include <utility>

namespace test {

/// For a test case or suite that needs something that not every machine has. If it is missing, the
/// case is skipped and counted as skipped. BOOST_AUTO_TEST_CASE(name, *needs("/dev/full",
/// is_there)).
inline boost::unit_test::precondition needs(std::string what, std::function<bool()> is_there) {
    return boost::unit_test::precondition{
        [what = std::move(what), is_there = std::move(is_there)](boost::unit_test::test_unit_id) {
            boost::test_tools::assertion_result result{is_there()};
            result.message() << "this needs " << what;
            return result;
        }};
}

/// A file of the shared test data, see shared_data().
inline boost::unit_test::precondition needs_shared_data(const std::string& relative) {
    return needs("../shared/data/" + relative, [=] { return shared_data(relative).has_value(); });
}

} // namespace test
