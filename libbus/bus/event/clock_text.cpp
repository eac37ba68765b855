#include <bus/event/clock_text.hpp>

#include <array>
#include <charconv>
#include <utility>

namespace bus::detail {

namespace {

/// Takes digits from the front of `text`. Returns false if there are none, or if their value does
/// not fit into 64 bits.
bool take_digits(std::string_view& text, std::uint64_t& value) noexcept {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const auto read = static_cast<std::size_t>(end - text.data());
    text.remove_prefix(read);
    return read != 0 && error == std::errc{};
}

bool skip(std::string_view& text, char c) noexcept {
    const bool there = text.starts_with(c);
    text.remove_prefix(there ? 1 : 0);
    return there;
}

/// Adds up the parts of a duration, in whole units.
class Sum {
public:
    Sum(const TimeUnit& unit, bool negative) noexcept : unit_{unit}, sign_{negative ? -1 : 1} {}

    [[nodiscard]] std::int64_t count() const noexcept { return count_; }

    /// Adds `number` times this many seconds. Returns false if that is not a whole number of units.
    bool add(std::uint64_t number, std::int64_t seconds) noexcept {
        if (seconds % unit_.seconds == 0) {
            return add_units(number, seconds / unit_.seconds * unit_.per_second);
        }
        const auto parts = static_cast<std::uint64_t>(unit_.seconds / seconds);
        return unit_.seconds % seconds == 0 && number % parts == 0 && add_units(number / parts, 1);
    }

    /// Adds a fraction of a second. Returns false if the characters are not digits, or if the unit
    /// is too coarse for them.
    bool add_fraction(std::string_view digits) noexcept {
        std::int64_t worth = unit_.per_second;
        for (const char c : digits) {
            worth = worth % 10 == 0 ? worth / 10 : 0;
            if (c < '0' || c > '9' || (c != '0' && worth == 0)) {
                return false;
            }
            if (c != '0' && !add_units(static_cast<std::uint64_t>(c - '0'), worth)) {
                return false;
            }
        }
        return !digits.empty();
    }

private:
    bool add_units(std::uint64_t number, std::int64_t factor) noexcept {
        std::int64_t units = 0;
        return !__builtin_mul_overflow(number, factor * sign_, &units) &&
               !__builtin_add_overflow(count_, units, &count_);
    }

    const TimeUnit& unit_;
    std::int64_t sign_;
    std::int64_t count_ = 0;
};

/// Reads the part after the T: hours, minutes and seconds.
bool read_clock_part(std::string_view text, Sum& sum) noexcept {
    constexpr std::array<std::pair<char, std::int64_t>, 3> units{
        {{'H', 3600}, {'M', 60}, {'S', 1}}};
    if (text.empty()) {
        return false;
    }
    for (const auto& [letter, seconds] : units) {
        std::string_view rest = text;
        std::uint64_t number = 0;
        if (text.empty() || !take_digits(rest, number)) {
            continue;
        }
        std::string_view fraction;
        if (letter == 'S' && (skip(rest, '.') || skip(rest, ','))) {
            fraction = rest.substr(0, rest.find('S'));
            rest.remove_prefix(fraction.size());
            if (!sum.add_fraction(fraction)) {
                return false;
            }
        }
        if (skip(rest, letter)) {
            if (!sum.add(number, seconds)) {
                return false;
            }
            text = rest;
        }
    }
    return text.empty();
}

} // namespace

std::size_t write_duration(std::int64_t count, const TimeUnit& unit, char* out) noexcept {
    char* next = out;
    // Unsigned, because the smallest signed number cannot be negated.
    auto rest = static_cast<std::uint64_t>(count);
    if (count < 0) {
        *next++ = '-';
        rest = 0 - rest;
    }
    *next++ = 'P';
    if (unit.letter != 'D' && unit.letter != 'W') {
        *next++ = 'T';
    }
    const auto per_second = static_cast<std::uint64_t>(unit.per_second);
    next = std::to_chars(next, out + duration_chars, rest / per_second).ptr;
    if (std::uint64_t fraction = rest % per_second; fraction != 0) {
        *next++ = '.';
        for (std::uint64_t digit = per_second / 10; fraction != 0; digit /= 10) {
            *next++ = static_cast<char>('0' + fraction / digit);
            fraction %= digit;
        }
    }
    *next++ = unit.letter;
    return static_cast<std::size_t>(next - out);
}

bool read_duration(std::string_view text, const TimeUnit& unit, std::int64_t& count) noexcept {
    const bool negative = skip(text, '-');
    Sum sum{unit, negative};
    if (!skip(text, 'P') || text.empty()) {
        return false;
    }
    for (const auto& [letter, seconds] :
         std::array<std::pair<char, std::int64_t>, 2>{{{'W', 604800}, {'D', 86400}}}) {
        std::string_view rest = text;
        std::uint64_t number = 0;
        if (take_digits(rest, number) && skip(rest, letter)) {
            if (!sum.add(number, seconds)) {
                return false;
            }
            text = rest;
        }
    }
    const bool fits = skip(text, 'T') ? read_clock_part(text, sum) : text.empty();
    count = sum.count();
    return fits;
}

std::size_t write_nanoseconds(Nanoseconds time, char* out) noexcept {
    const std::int64_t count = time.time_since_epoch().count();
    std::int64_t micros = count / 1000;
    std::int64_t rest = count % 1000;
    if (rest < 0) {
        micros -= 1;
        rest += 1000;
    }
    char* end = write_timestamp(Timestamp{std::chrono::microseconds{micros}}, out);
    if (rest != 0) {
        --end; // the Z
        for (int digit = 100; digit != 0; digit /= 10) {
            *end++ = static_cast<char>('0' + rest / digit);
            rest %= digit;
        }
        *end++ = 'Z';
    }
    return static_cast<std::size_t>(end - out);
}

bool read_nanoseconds(std::string_view text, Nanoseconds& time) noexcept {
    const auto whole = try_parse_timestamp(text);
    if (!whole) {
        return false;
    }
    std::int64_t micros = whole->time_since_epoch().count();
    std::int64_t rest = 0;
    if (const std::size_t point = text.find('.'); point != std::string_view::npos) {
        std::int64_t worth = 100;
        for (std::size_t i = point + 7; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i) {
            rest += worth * (text[i] - '0');
            worth /= 10;
        }
    }
    if (micros < 0) { // else the earliest time would overflow
        micros += 1;
        rest -= 1000;
    }
    std::int64_t count = 0;
    if (__builtin_mul_overflow(micros, 1000, &count) ||
        __builtin_add_overflow(count, rest, &count)) {
        return false;
    }
    time = Nanoseconds{std::chrono::nanoseconds{count}};
    return true;
}

} // namespace bus::detail
