#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace bus::testing {

/// A line of a test. It is used instead of std::source_location, which clang only has from version
/// 16 on.
struct Where {
    const char* file = "";        ///< the source file
    std::uint_least32_t line = 0; ///< counted from 1

    /// The line of the call. If here() is the default argument of a function, the line that calls
    /// that function.
    static constexpr Where here(const char* file = __builtin_FILE(),
                                std::uint_least32_t line = __builtin_LINE()) noexcept {
        return {file, line};
    }
};

/// Thrown if a test's expectation does not hold. The message says which line of the test expected
/// it (`retry.cpp:52`), after which act, what was expected, what happened, and where the two first
/// differ. Any test framework prints the message of an exception, so the kit works with all of
/// them.
class Mismatch : public std::runtime_error {
public:
    /// The file and line come first in the message.
    Mismatch(const std::string& message, const Where& where);

    /// The line of the test that expected something else.
    [[nodiscard]] const Where& where() const noexcept { return where_; }

private:
    Where where_;
};

} // namespace bus::testing
