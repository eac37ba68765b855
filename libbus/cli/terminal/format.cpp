#include <cli/terminal/format.hpp>
#include <fmt/format.h>

#include <cmath>

namespace bus::terminal {

namespace {

std::string format_positive(std::chrono::duration<double> duration) {
    using namespace std::chrono;
    const double seconds = duration.count();
    // The limits lie where the shorter form would round up to the next unit.
    if (seconds < 999.5e-6)
        return fmt::format("{:.0f} us", seconds * 1e6);
    if (seconds < 0.9995)
        return fmt::format("{:.0f} ms", seconds * 1e3);
    if (seconds < 59.95)
        return fmt::format("{:.1f} s", seconds);
    const auto whole = static_cast<std::int64_t>(std::llround(seconds));
    if (whole < 3600)
        return fmt::format("{} min {:02} s", whole / 60, whole % 60);
    const auto minutes = static_cast<std::int64_t>(std::llround(seconds / 60));
    if (minutes < 24 * 60)
        return fmt::format("{} h {:02} min", minutes / 60, minutes % 60);
    const auto hours = static_cast<std::int64_t>(std::llround(seconds / 3600));
    return fmt::format("{} d {:02} h", hours / 24, hours % 24);
}

/// Puts a comma before each three digits; a sign stays in front.
std::string with_commas(std::string digits) {
    const std::size_t first = digits.starts_with('-') ? 1 : 0;
    for (std::size_t at = digits.size(); at > first + 3; at -= 3)
        digits.insert(at - 3, ",");
    return digits;
}

} // namespace

std::string format_duration(std::chrono::nanoseconds duration) {
    // As floating point first: the smallest duration has no positive counterpart.
    const std::chrono::duration<double> seconds = duration;
    return seconds.count() < 0 ? "-" + format_positive(-seconds) : format_positive(seconds);
}

std::string format_rate(double per_second) {
    if (!std::isfinite(per_second))
        return "-/s";
    const double size = std::abs(per_second);
    if (size >= 1e18)
        return fmt::format("{:.2e}/s", per_second);
    if (size >= 99.95)
        return format_count(std::int64_t{std::llround(per_second)}) + "/s";
    if (size >= 9.995)
        return fmt::format("{:.1f}/s", per_second);
    return fmt::format("{:.2f}/s", per_second);
}

std::string format_count(std::int64_t count) {
    return with_commas(fmt::format("{}", count));
}

std::string format_count(std::uint64_t count) {
    return with_commas(fmt::format("{}", count));
}

} // namespace bus::terminal
