#include <bus/event/timestamp.hpp>

#include <cli/errors.hpp>
#include <cli/terminal/text.hpp>
#include <cli/when.hpp>
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <optional>

namespace bus::cli {

namespace {

using namespace std::chrono_literals;

std::optional<Duration> unit_of(char letter) {
    switch (letter) {
    case 's': return 1s;
    case 'm': return 1min;
    case 'h': return 1h;
    case 'd': return 24h;
    case 'w': return 24h * 7;
    default: return std::nullopt;
    }
}

std::optional<Duration> parse_ago(std::string_view text) {
    const auto unit = text.empty() ? std::nullopt : unit_of(text.back());
    if (!unit) {
        return std::nullopt;
    }
    text.remove_suffix(1);
    std::uint32_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    constexpr std::uint32_t most = 1'000'000;
    return count <= most ? std::optional{*unit * std::int64_t{count}} : std::nullopt;
}

} // namespace

Timestamp parse_when(std::string_view text, Timestamp now) {
    if (const auto time = try_parse_timestamp(text)) {
        return *time;
    }
    if (const auto day = try_parse_timestamp(std::string{text} + "T00:00:00Z")) {
        return *day;
    }
    if (const auto ago = parse_ago(text)) {
        return now - *ago;
    }
    throw UsageError{fmt::format("'{}' is not a time: write 2026-11-23T12:00:00Z, 2026-11-23, or "
                                 "how long ago, as 90s, 15m, 2h, 7d or 4w",
                                 terminal::printable(text))};
}

std::string short_time(Timestamp time) {
    std::string text = to_text(time).substr(0, 23); // without microseconds and Z
    text[10] = ' ';
    return text;
}

std::string to_the_minute(Timestamp time) {
    constexpr std::size_t minutes = 16;
    return short_time(time).substr(0, minutes);
}

} // namespace bus::cli
