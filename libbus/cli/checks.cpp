#include <cli/checks.hpp>
#include <cli/terminal/text.hpp>
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <string>

namespace bus::cli {

namespace {

/// Whether the whole text is a number; if so, sets `number`.
template <class Number>
bool reads(const std::string& text, Number& number) {
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, number);
    return error == std::errc{} && end == last;
}

} // namespace

CLI::Validator whole_number(std::uint64_t least) {
    return {[least](const std::string& text) {
                std::int64_t number = 0; // the range of a store's positions
                const bool fits = reads(text, number) && number >= 0 &&
                                  static_cast<std::uint64_t>(number) >= least;
                return fits ? std::string{}
                            : fmt::format("'{}' is not a whole number ({} or more)",
                                          terminal::printable(text), least);
            },
            std::string{}};
}

CLI::Validator seconds() {
    return {[](const std::string& text) {
                double number = 0;
                const bool fits = reads(text, number) && std::isfinite(number) && number >= 0;
                return fits ? std::string{}
                            : fmt::format("'{}' is not a number of seconds: write 10, or 0.5",
                                          terminal::printable(text));
            },
            std::string{}};
}

} // namespace bus::cli
