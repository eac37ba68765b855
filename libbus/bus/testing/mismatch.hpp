#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace bus::testing {

/// A line of a test: what std::source_location would be, which clang has from version 16 on only.
struct Where {
    const char* file = "";
    std::uint_least32_t line = 0;

    /// The line that calls it; as a default argument, the line that calls the function.
    static constexpr Where here(const char* file = __builtin_FILE(),
                                std::uint_least32_t line = __builtin_LINE()) noexcept {
        return {file, line};
    }
};

/// What a test expected is not what happened. The message says where the test says so
/// (`retry.cpp:52`), after which act, what was expected, what there is, and where they differ
/// first. Every test framework prints what an exception says, so none is needed here.
class Mismatch : public std::runtime_error {
public:
    Mismatch(const std::string& message, const Where& where);

    /// The line of the test.
    [[nodiscard]] const Where& where() const noexcept { return where_; }

private:
    Where where_;
};

} // namespace bus::testing
