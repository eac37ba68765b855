#include <bus/event/cause_text.hpp>

#include <algorithm>
#include <cstddef>

namespace bus {

namespace {

constexpr char placeholder = '#';
constexpr std::size_t least_hex_word = 8;

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

bool is_hex(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Whether the character belongs to a word: a letter, a digit, or a byte of a character beyond
/// ASCII. The placeholder counts too. So if the result is processed again, the text beside a
/// placeholder is not taken for a word of its own.
bool is_in_word(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == placeholder ||
           static_cast<unsigned char>(c) >= 0x80;
}

bool all_hex(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), is_hex);
}

bool holds_digit(std::string_view text) noexcept {
    return std::any_of(text.begin(), text.end(), is_digit);
}

std::size_t length_of_word(std::string_view text) noexcept {
    const auto end = std::find_if_not(text.begin(), text.end(), is_in_word);
    return static_cast<std::size_t>(end - text.begin());
}

std::size_t length_of_digits(std::string_view text) noexcept {
    const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
    return static_cast<std::size_t>(end - text.begin());
}

/// The length of the pattern if the text begins with it, else 0. In the pattern, 0 stands for a
/// digit, x for a hexadecimal digit, and a blank for a T or a blank.
std::size_t fit(std::string_view text, std::string_view pattern) noexcept {
    if (text.size() < pattern.size()) {
        return 0;
    }
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const char c = text[i];
        const bool fits = pattern[i] == '0'   ? is_digit(c)
                          : pattern[i] == 'x' ? is_hex(c)
                          : pattern[i] == ' ' ? c == ' ' || c == 'T' || c == 't'
                                              : c == pattern[i];
        if (!fits) {
            return 0;
        }
    }
    return pattern.size();
}

/// Returns the length if no word continues after it, else 0.
std::size_t if_whole(std::string_view text, std::size_t length) noexcept {
    return length == text.size() || !is_in_word(text[length]) ? length : 0;
}

std::size_t length_of_uuid(std::string_view text) noexcept {
    const std::size_t length = fit(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
    return length == 0 ? 0 : if_whole(text, length);
}

/// The length of an offset (`+02:00`, `-0700`, `Z`) at the front of the text; 0 if there is none.
std::size_t length_of_offset(std::string_view text) noexcept {
    if (text.starts_with('Z') || text.starts_with('z')) {
        return 1;
    }
    for (const std::string_view pattern : {"+00:00", "-00:00", "+0000", "-0000"}) {
        if (const std::size_t length = fit(text, pattern)) {
            return length;
        }
    }
    return 0;
}

std::size_t length_of_time(std::string_view text) noexcept {
    std::size_t length = fit(text, "0000-00-00 00:00");
    if (length == 0) {
        return 0;
    }
    length += fit(text.substr(length), ":00");
    if (length < text.size() && (text[length] == '.' || text[length] == ',')) {
        const std::size_t fraction = length_of_digits(text.substr(length + 1));
        length += fraction == 0 ? 0 : fraction + 1;
    }
    length += length_of_offset(text.substr(length));
    return if_whole(text, length);
}

/// The length of the digits at the front of the text, in groups separated by points or commas.
std::size_t length_of_number(std::string_view text) noexcept {
    std::size_t length = length_of_digits(text);
    while (length != 0 && length < text.size() && (text[length] == '.' || text[length] == ',')) {
        const std::size_t more = length_of_digits(text.substr(length + 1));
        if (more == 0) {
            break;
        }
        length += more + 1;
    }
    return length;
}

/// The length of an exponent (`e-3`) after a number; 0 if there is none.
std::size_t length_of_exponent(std::string_view text) noexcept {
    if (text.size() < 3 || (text[0] != 'e' && text[0] != 'E') ||
        (text[1] != '-' && text[1] != '+')) {
        return 0;
    }
    const std::size_t digits = length_of_digits(text.substr(2));
    return digits == 0 ? 0 : if_whole(text, digits + 2);
}

/// Whether the word is an address such as `0x7ffd10`.
bool is_address(std::string_view word) noexcept {
    return word.size() > 2 && (word.starts_with("0x") || word.starts_with("0X")) &&
           all_hex(word.substr(2));
}

bool is_hex_id(std::string_view word) noexcept {
    return all_hex(word) && (holds_digit(word) || word.size() >= least_hex_word);
}

void add_word(std::string_view word, std::string& result) {
    if (is_hex_id(word)) {
        result += placeholder;
        return;
    }
    const auto first = std::find_if(word.begin(), word.end(), is_digit);
    const auto last = std::find_if_not(first, word.end(), is_digit);
    if (std::any_of(last, word.end(), is_digit)) {
        result += placeholder;
        return;
    }
    result.append(word.begin(), first);
    if (first != last) {
        result += placeholder;
    }
    result.append(last, word.end());
}

/// Adds the number at the front of the text to the result, with the letters right after it. Returns
/// their length in the text; 0 if there is no number.
std::size_t add_number(std::string_view text, std::string& result) {
    const std::size_t sign = text.front() == '-' || text.front() == '+' ? 1 : 0;
    std::size_t length = length_of_number(text.substr(sign));
    if (length == 0) {
        return 0;
    }
    length += sign;
    length += length_of_exponent(text.substr(length));
    std::string_view unit = text.substr(length, length_of_word(text.substr(length)));
    unit = unit.substr(0, unit.find(placeholder)); // another word begins after a placeholder
    result += placeholder;
    if (!holds_digit(unit) && !all_hex(unit)) {
        result += unit;
    }
    return length + unit.size();
}

} // namespace

std::string cause_text(std::string_view message) {
    std::string result;
    result.reserve(message.size());
    bool in_word = false; // whether the previous character is part of a word
    while (!message.empty()) {
        const char first = message.front();
        const std::size_t word = length_of_word(message);
        std::size_t length = first == placeholder ? 1 : 0;
        length = std::max({length, length_of_uuid(message), length_of_time(message)});
        if (length == 0 && is_address(message.substr(0, word))) {
            length = word;
        }
        if (length != 0) {
            result += placeholder;
        } else if (!(in_word && (first == '-' || first == '+'))) { // else it is a hyphen
            length = add_number(message, result);
        }
        if (length == 0 && word != 0) {
            length = word;
            add_word(message.substr(0, word), result);
        } else if (length == 0) {
            length = 1;
            result += first;
        }
        in_word = is_in_word(message[length - 1]);
        message.remove_prefix(length);
    }
    return result;
}

} // namespace bus
