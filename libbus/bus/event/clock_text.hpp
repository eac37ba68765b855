#pragma once

#include <bus/event/timestamp.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

/// Durations and times as text, for the codec.
namespace bus::detail {

/// The unit of a duration. If it is a second or longer, it has `seconds` and `per_second` is 1; if
/// it is shorter, `per_second` units make a second and `seconds` is 1.
struct TimeUnit {
    std::int64_t seconds;
    std::int64_t per_second;
    char letter; ///< of ISO 8601; S for parts of a second too
};

template <class Period>
constexpr TimeUnit time_unit() {
    switch (Period::num) {
    case 60: return {60, 1, 'M'};
    case 3600: return {3600, 1, 'H'};
    case 86400: return {86400, 1, 'D'};
    case 604800: return {604800, 1, 'W'};
    default: return {1, Period::den, 'S'};
    }
}

/// Whether a duration of this period can be written as text: weeks, days, hours, minutes, seconds,
/// milliseconds, microseconds and nanoseconds can.
template <class Period>
inline constexpr bool has_time_unit =
    (Period::num == 1 && (Period::den == 1 || Period::den == 1'000 || Period::den == 1'000'000 ||
                          Period::den == 1'000'000'000)) ||
    (Period::den == 1 &&
     (Period::num == 60 || Period::num == 3600 || Period::num == 86400 || Period::num == 604800));

inline constexpr std::size_t duration_chars = 40;

/// Writes an ISO 8601 duration: `PT1.5S`, `-PT90M`, `P3D`. Returns the number of characters.
std::size_t write_duration(std::int64_t count, const TimeUnit& unit, char* out) noexcept;

/// Reads an ISO 8601 duration of weeks, days, hours, minutes and seconds. Returns false if the text
/// is not one, or if it is not a whole number of units that fits into 64 bits.
bool read_duration(std::string_view text, const TimeUnit& unit, std::int64_t& count) noexcept;

inline constexpr std::size_t nanosecond_chars = timestamp_chars + 3;

using Nanoseconds = std::chrono::sys_time<std::chrono::nanoseconds>;

/// Writes a time like a Timestamp, but with nine digits of fraction if six are not enough. Returns
/// the number of characters.
std::size_t write_nanoseconds(Nanoseconds time, char* out) noexcept;
/// Returns false if the text is not a time, or if the time is out of range.
bool read_nanoseconds(std::string_view text, Nanoseconds& time) noexcept;

template <class T>
inline constexpr bool is_duration = false;

template <class Rep, class Period>
inline constexpr bool is_duration<std::chrono::duration<Rep, Period>> =
    std::is_integral_v<Rep>&& has_time_unit<Period>;

template <class T>
inline constexpr bool is_system_time = false;

template <class Rep, class Period>
inline constexpr bool is_system_time<
    std::chrono::time_point<std::chrono::system_clock, std::chrono::duration<Rep, Period>>> =
    is_duration<std::chrono::duration<Rep, Period>> &&
    (sizeof(Rep) == 8 || Period::num >= 86400); // holds all years that can be written

template <class T>
struct DurationText {
    static constexpr std::string_view expected = "a duration in whole units such as \"PT1.5S\"";
    static constexpr std::size_t max_chars = duration_chars;
    static constexpr TimeUnit unit = time_unit<typename T::period>();

    static std::size_t write(const T& duration, char* out) noexcept {
        return write_duration(static_cast<std::int64_t>(duration.count()), unit, out);
    }

    static bool read(std::string_view text, T& out) noexcept {
        std::int64_t count = 0;
        const bool fits = read_duration(text, unit, count) && std::in_range<typename T::rep>(count);
        if (fits) {
            out = T{static_cast<typename T::rep>(count)};
        }
        return fits;
    }
};

template <class T>
struct SystemTimeText {
    static constexpr bool finest = T::period::den == 1'000'000'000;
    static constexpr std::string_view expected =
        finest ? "a time such as \"2025-09-01T00:22:59Z\", of the years 1678 to 2261"
               : "a time such as \"2025-09-01T00:22:59Z\", no finer than the member";
    static constexpr std::size_t max_chars = nanosecond_chars;

    static std::size_t write(const T& time, char* out) noexcept {
        if constexpr (finest) {
            return write_nanoseconds(Nanoseconds{time.time_since_epoch()}, out);
        } else {
            // A time that a Timestamp cannot hold is outside the years that can be written.
            constexpr auto least = std::chrono::ceil<typename T::duration>(Timestamp::min());
            constexpr auto most = std::chrono::floor<typename T::duration>(Timestamp::max());
            const T clamped = time < least ? T{least} : time > most ? T{most} : time;
            return static_cast<std::size_t>(write_timestamp(Timestamp{clamped}, out) - out);
        }
    }

    static bool read(std::string_view text, T& out) noexcept {
        if constexpr (finest) {
            Nanoseconds time;
            const bool fits = read_nanoseconds(text, time);
            if (fits) {
                out = T{typename T::duration{time.time_since_epoch()}};
            }
            return fits;
        } else {
            const auto time = try_parse_timestamp(text);
            if (!time) {
                return false;
            }
            const auto whole = std::chrono::floor<typename T::duration>(*time);
            out = T{whole};
            return whole == *time;
        }
    }
};

} // namespace bus::detail
