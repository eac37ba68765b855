#include <bus/event/timestamp.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <stdexcept>

namespace bus {

namespace {

using std::chrono::days;
using std::chrono::hours;
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

/// Reads the text from the front; whatever does not fit leaves `ok` false.
class Scanner {
public:
    explicit Scanner(std::string_view text) noexcept
        : next_{text.data()}, end_{text.data() + text.size()} {}

    [[nodiscard]] bool ok() const noexcept { return ok_; }
    [[nodiscard]] bool at_end() const noexcept { return next_ == end_; }

    /// Two digits, with a value in [low, high].
    int two(int low, int high) noexcept {
        if (end_ - next_ < 2) {
            ok_ = false;
            return low;
        }
        const unsigned tens = digit(next_[0]);
        const unsigned ones = digit(next_[1]);
        next_ += 2;
        const auto value = static_cast<int>(tens * 10 + ones);
        ok_ = ok_ && tens <= 9 && ones <= 9 && value >= low && value <= high;
        return value;
    }

    [[nodiscard]] bool next_is(char c) const noexcept { return next_ != end_ && *next_ == c; }

    bool skip(char c) noexcept {
        const bool found = next_is(c);
        next_ += found ? 1 : 0;
        return found;
    }

    void expect(char c) noexcept { ok_ = skip(c) && ok_; }

    /// `.digits`, of which six count; nothing is 0.
    microseconds fraction() noexcept {
        if (!skip('.')) {
            return microseconds{0};
        }
        const char* const first = next_;
        int micros = 0;
        int weight = 1'000'000;
        for (; next_ != end_ && digit(*next_) <= 9; ++next_) {
            if (weight > 1) {
                micros = micros * 10 + static_cast<int>(digit(*next_));
                weight /= 10;
            }
        }
        ok_ = ok_ && next_ != first;
        return microseconds{micros * weight};
    }

private:
    static unsigned digit(char c) noexcept {
        return static_cast<unsigned>(static_cast<unsigned char>(c)) - unsigned{'0'};
    }

    const char* next_;
    const char* end_;
    bool ok_ = true;
};

/// `Z`, `+hh:mm`, `-hh:mm`, or nothing, which stands for UTC.
minutes read_offset(Scanner& in) noexcept {
    if (in.skip('Z') || in.skip('z') || in.at_end()) {
        return minutes{0};
    }
    const bool west = in.next_is('-');
    if (!in.skip('-')) {
        in.expect('+');
    }
    const hours offset_hours{in.two(0, 23)};
    in.expect(':');
    const minutes offset = offset_hours + minutes{in.two(0, 59)};
    return west ? -offset : offset;
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
    Scanner in{text};
    const int century = in.two(0, 99);
    const std::chrono::year year{century * 100 + in.two(0, 99)};
    in.expect('-');
    const std::chrono::month month{static_cast<unsigned>(in.two(1, 12))};
    in.expect('-');
    const std::chrono::day day{static_cast<unsigned>(in.two(1, 31))};
    if (!in.skip('T') && !in.skip('t')) {
        in.expect(' ');
    }
    const hours hour{in.two(0, 23)};
    in.expect(':');
    const minutes minute{in.two(0, 59)};
    in.expect(':');
    const seconds second{in.two(0, 60)};
    const microseconds fraction = in.fraction();
    const minutes offset = read_offset(in);
    const std::chrono::year_month_day date{year, month, day};
    if (!in.ok() || !in.at_end() || !date.ok()) {
        return std::nullopt;
    }
    const Timestamp time =
        std::chrono::sys_days{date} + hour + minute + second + fraction - offset;
    if (second == seconds{60} && !ends_with_leap_second(time)) {
        return std::nullopt;
    }
    // An offset can carry the first or last day out of the years that can be written again.
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
