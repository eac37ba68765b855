#pragma once

#include <source_location>
#include <stdexcept>
#include <string>

namespace bus::testing {

/// What a test expected is not what happened. The message says where the test says so
/// (`retry.cpp:52`), after which act, what was expected, what there is, and where they differ
/// first. Every test framework prints what an exception says, so none is needed here.
class Mismatch : public std::runtime_error {
public:
    Mismatch(const std::string& message, const std::source_location& where);

    /// The line of the test.
    [[nodiscard]] const std::source_location& where() const noexcept { return where_; }

private:
    std::source_location where_;
};

} // namespace bus::testing
