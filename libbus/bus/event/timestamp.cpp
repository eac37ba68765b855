#include <bus/event/timestamp.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <stdexcept>

namespace bus {

namespace {

using std::chrono::days;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Timestamp earliest = std::chrono::sys_days{std::chrono::year{0} / 1 / 1};
constexpr Timestamp latest =
    std::chrono::sys_days{std::chrono::year{10000} / 1 / 1} - microseconds{1};

constexpr auto two_digits = [] {
    std::array<std::array<char, 2>, 100> table{};
    for (std::size_t n = 0; n < table.size(); ++n) {
        table[n] = {static_cast<char>('0' + n / 10), static_cast<char>('0' + n % 10)};
    }
    return table;
}();

char* write_two(unsigned value, char* out) noexcept {
    const auto& digits = two_digits[value];
    out[0] = digits[0];
    out[1] = digits[1];
    return out + 2;
}

/// Reads numbers at fixed places of a text. all() says afterwards whether every character that was
/// read is a digit.
class Digits {
public:
    explicit Digits(const char* text) noexcept : text_{text} {}

    unsigned two(std::size_t at) noexcept { return one(at) * 10 + one(at + 1); }

    [[nodiscard]] bool all() const noexcept { return all_; }

private:
    unsigned one(std::size_t at) noexcept {
        const auto digit = static_cast<unsigned>(static_cast<unsigned char>(text_[at])) - '0';
        all_ &= digit <= 9;
        return digit;
    }

    const char* text_;
    bool all_ = true;
};

constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

constexpr int no_number = -1'000'000'000; // std::optional would be returned in memory

/// Takes `.digits` from the front of the text and returns the first six as microseconds. Returns 0
/// if there is no fraction, and no_number if no digit follows the point.
int take_micros(std::string_view& text) noexcept {
    if (!text.starts_with('.')) {
        return 0;
    }
    std::size_t end = 1;
    unsigned micros = 0;
    Digits six{text.data()};
    if (text.size() > 6) { // the usual form, which libbus itself writes
        micros = six.two(1) * 10'000 + six.two(3) * 100 + six.two(5);
        end = 7;
    }
    if (end == 1 || !six.all()) {
        end = 1;
        micros = 0;
        for (unsigned weight = 100'000; end < text.size() && is_digit(text[end]); ++end) {
            micros += static_cast<unsigned>(text[end] - '0') * weight;
            weight /= 10;
        }
    }
    while (end < text.size() && is_digit(text[end])) {
        ++end;
    }
    text.remove_prefix(end);
    return end > 1 ? static_cast<int>(micros) : no_number;
}

/// The offset in minutes, from `Z`, `+hh:mm` or `-hh:mm`; an empty text stands for UTC.
int read_offset(std::string_view text) noexcept {
    if (text.empty() || (text.size() == 1 && (text[0] == 'Z' || text[0] == 'z'))) {
        return 0;
    }
    if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') {
        return no_number;
    }
    Digits digits{text.data()};
    const unsigned hour = digits.two(1);
    const unsigned minute = digits.two(4);
    if (!digits.all() || hour > 23 || minute > 59) {
        return no_number;
    }
    const auto offset = static_cast<int>(hour * 60 + minute);
    return text[0] == '-' ? -offset : offset;
}

/// RFC 3339, 5.7 and appendix D: leap seconds come at the end of June or December, UTC.
bool ends_with_leap_second(Timestamp following) noexcept {
    const auto day = std::chrono::floor<days>(following);
    if (following - day >= seconds{1}) {
        return false;
    }
    const std::chrono::year_month_day date{day};
    return date.day() == std::chrono::day{1} &&
           (date.month() == std::chrono::January || date.month() == std::chrono::July);
}

} // namespace

char* write_timestamp(Timestamp time, char* out) noexcept {
    time = std::clamp(time, earliest, latest);
    const auto day = std::chrono::floor<days>(time);
    const std::chrono::year_month_day date{day};
    const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
    out = write_two(year / 100, out);
    out = write_two(year % 100, out);
    *out++ = '-';
    out = write_two(static_cast<unsigned>(date.month()), out);
    *out++ = '-';
    out = write_two(static_cast<unsigned>(date.day()), out);
    *out++ = 'T';
    const auto micros_of_day = static_cast<std::uint64_t>((time - day).count());
    const auto second_of_day = static_cast<unsigned>(micros_of_day / 1'000'000);
    const auto micros = static_cast<unsigned>(micros_of_day % 1'000'000);
    out = write_two(second_of_day / 3600, out);
    *out++ = ':';
    out = write_two(second_of_day / 60 % 60, out);
    *out++ = ':';
    out = write_two(second_of_day % 60, out);
    *out++ = '.';
    out = write_two(micros / 10'000, out);
    out = write_two(micros / 100 % 100, out);
    out = write_two(micros % 100, out);
    *out++ = 'Z';
    return out;
}

std::string to_text(Timestamp time) {
    std::string text(timestamp_chars, '\0');
    write_timestamp(time, text.data());
    return text;
}

std::optional<Timestamp> try_parse_timestamp(std::string_view text) noexcept {
    constexpr std::size_t to_seconds = std::string_view{"2025-09-01T00:22:59"}.size();
    if (text.size() < to_seconds || text[4] != '-' || text[7] != '-' || text[13] != ':' ||
        text[16] != ':' || (text[10] != 'T' && text[10] != 't' && text[10] != ' ')) {
        return std::nullopt;
    }
    Digits digits{text.data()};
    const unsigned year = digits.two(0) * 100 + digits.two(2);
    const std::chrono::month month{digits.two(5)};
    const std::chrono::day day{digits.two(8)};
    const unsigned hour = digits.two(11);
    const unsigned minute = digits.two(14);
    const unsigned second = digits.two(17);
    const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(year)}, month, day};
    if (!digits.all() || !date.ok() || hour > 23 || minute > 59 || second > 60) {
        return std::nullopt;
    }
    text.remove_prefix(to_seconds);
    const int micros = take_micros(text);
    const int offset = read_offset(text);
    if (micros == no_number || offset == no_number) {
        return std::nullopt;
    }
    const Timestamp time = std::chrono::sys_days{date} +
                           seconds{(hour * 60 + minute) * 60 + second} + microseconds{micros} -
                           minutes{offset};
    if (second == 60 && !ends_with_leap_second(time)) {
        return std::nullopt;
    }
    // An offset can move a time on the first or last day out of the years that can be written.
    if (time < earliest || time > latest) {
        return std::nullopt;
    }
    return time;
}

Timestamp parse_timestamp(std::string_view text) {
    if (const auto time = try_parse_timestamp(text)) {
        return *time;
    }
    throw std::invalid_argument{"not a time: \"" + std::string{text} +
                                "\"; expected RFC 3339, such as 2025-09-01T00:22:59.000001Z"};
}

} // namespace bus
