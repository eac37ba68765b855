#pragma once

namespace bus {

/// Teaches the codec a type of yours that is written as one JSON string, exactly (a decimal, an
/// enumeration with names of its own, ...). Specialise it with:
///
///     static constexpr std::string_view expected;               // "a decimal", for messages
///     static constexpr std::size_t max_chars;                   // most characters written
///     static std::size_t write(const T&, char* out) noexcept;   // returns the characters written
///     static bool read(std::string_view text, T& out) noexcept; // false: no such value
///
/// Reading is given the text of a JSON string, or of a JSON number as it was written. What is
/// written is put between quotes without escaping, so it must not hold quotes, backslashes or
/// control characters.
template <class T>
struct TextTraits;

} // namespace bus
