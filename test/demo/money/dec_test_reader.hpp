#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace test {

/// One case of a General Decimal Arithmetic test file (`id operation operands -> result
/// conditions`), with the directives that hold for it.
struct DecTestCase {
    std::string id;
    std::string operation;
    std::vector<std::string> operands;
    std::string result;
    std::vector<std::string> conditions; ///< such as `Inexact`, `Rounded`
    int precision = 0;
    std::string rounding;
    int max_exponent = 0;
    int min_exponent = 0;

    bool has(const std::string& condition) const;
};

/// Reads a file of test cases; throws std::runtime_error, with the line, on what it cannot read.
std::vector<DecTestCase> read_dec_tests(const std::filesystem::path& path);

} // namespace test
