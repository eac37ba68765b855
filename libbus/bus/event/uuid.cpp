#include <bus/event/uuid.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <ostream>
#include <stdexcept>

namespace bus {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

/// The two digits of each byte value, so that a byte costs one look-up and one copy.
constexpr auto hex_of_byte = [] {
    std::array<std::array<char, 2>, 256> table{};
    for (std::size_t byte = 0; byte < table.size(); ++byte) {
        table[byte] = {hex_digits[byte >> 4U], hex_digits[byte & 15U]};
    }
    return table;
}();

constexpr std::uint8_t no_digit = 0xff;

/// The value of each character as a hexadecimal digit.
constexpr auto value_of_digit = [] {
    std::array<std::uint8_t, 256> table{};
    table.fill(no_digit);
    for (std::uint8_t value = 0; value < 16; ++value) {
        const char digit = hex_digits[value];
        table[static_cast<std::uint8_t>(digit)] = value;
        if (digit >= 'a') {
            table[static_cast<std::uint8_t>(digit - 'a' + 'A')] = value;
        }
    }
    return table;
}();

/// Where the text of byte i begins, in `8-4-4-4-12`.
constexpr std::array<std::size_t, 16> place_of_byte{0,  2,  4,  6,  9,  11, 14, 16,
                                                    19, 21, 24, 26, 28, 30, 32, 34};
constexpr std::array<std::size_t, 4> places_of_dashes{8, 13, 18, 23};

} // namespace

Uuid next_uuid(Environment& environment) {
    return next_uuid(environment, environment.now());
}

Uuid next_uuid(Environment& environment, Timestamp now) {
    const std::uint64_t tick = environment.next_tick(now);
    return make_uuid_v7(tick >> 12U, static_cast<std::uint16_t>(tick & 0xfffU),
                        environment.random());
}

Uuid make_uuid_v7(std::uint64_t unix_millis, std::uint16_t rand_a, std::uint64_t rand_b) noexcept {
    constexpr std::uint64_t version = 7;
    constexpr std::uint64_t variant = 2;
    const std::array<std::uint64_t, 2> halves{
        (unix_millis << 16U) | (version << 12U) | (rand_a & 0xfffU),
        (variant << 62U) | (rand_b & ((std::uint64_t{1} << 62U) - 1))};
    Uuid uuid;
    auto out = uuid.data.begin();
    for (const std::uint64_t half : halves) {
        for (unsigned shift = 64; shift != 0;) {
            shift -= 8;
            *out++ = static_cast<std::uint8_t>(half >> shift);
        }
    }
    return uuid;
}

char* write_uuid(const Uuid& uuid, char* out) noexcept {
    for (std::size_t i = 0; i < place_of_byte.size(); ++i) {
        const auto& digits = hex_of_byte[uuid.data[i]];
        out[place_of_byte[i]] = digits[0];
        out[place_of_byte[i] + 1] = digits[1];
    }
    for (const std::size_t place : places_of_dashes) {
        out[place] = '-';
    }
    return out + uuid_chars;
}

std::string to_text(const Uuid& uuid) {
    std::string text(uuid_chars, '\0');
    write_uuid(uuid, text.data());
    return text;
}

std::ostream& operator<<(std::ostream& out, const Uuid& uuid) {
    return out << to_text(uuid);
}

std::optional<Uuid> try_parse_uuid(std::string_view text) noexcept {
    if (text.size() != uuid_chars ||
        !std::all_of(places_of_dashes.begin(), places_of_dashes.end(),
                     [text](std::size_t place) { return text[place] == '-'; })) {
        return std::nullopt;
    }
    Uuid uuid;
    unsigned digits_seen = 0; // the bits of all 32 digits, so that one check is enough
    for (std::size_t i = 0; i < place_of_byte.size(); ++i) {
        const auto high = value_of_digit[static_cast<std::uint8_t>(text[place_of_byte[i]])];
        const auto low = value_of_digit[static_cast<std::uint8_t>(text[place_of_byte[i] + 1])];
        digits_seen |= static_cast<unsigned>(high) | static_cast<unsigned>(low);
        uuid.data[i] = static_cast<std::uint8_t>((high << 4U) | low);
    }
    if (digits_seen > 15) {
        return std::nullopt;
    }
    return uuid;
}

Uuid parse_uuid(std::string_view text) {
    if (const auto uuid = try_parse_uuid(text)) {
        return *uuid;
    }
    throw std::invalid_argument{"not a UUID: \"" + std::string{text} +
                                "\"; expected 36 characters such as "
                                "018f3a6e-1c2d-7abc-8def-0123456789ab"};
}

} // namespace bus
