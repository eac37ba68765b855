#pragma once

namespace bus {

/// Teaches the codec a type that is written as one JSON string: a decimal, a strong id, ... Reading
/// is given the text of a JSON string, or of a JSON number as it was written. Text is escaped where
/// it needs it; text that is no UTF-8 is refused. Specialise it in one of two forms.
///
/// The simple one:
///
///     static std::string to_text(const T&);                     // or a view of what lives on
///     static std::optional<T> from_text(std::string_view text); // none: no such value
///
/// The one that allocates nothing, for types that are written often:
///
///     static constexpr std::size_t max_chars;                   // most characters written
///     static std::size_t write(const T&, char* out) noexcept;   // returns the characters written
///     static bool read(std::string_view text, T& out) noexcept; // false: no such value
///
/// A write() that writes more than max_chars is an error that names the type and the member; it
/// overwrites nothing else, unless it writes 16 megabytes too many: then the process ends. Both
/// forms may have `static constexpr std::string_view expected`, for messages: "a decimal".
///
/// A type of your own needs no specialisation if it has a function `to_text(const T&)` in its
/// namespace, or as a friend, and a static member function `from_text(std::string_view)`, as in the
/// simple form.
template <class T>
struct TextTraits;

/// Teaches the codec a type that is written as an object, a list or a number: by turning it into a
/// value of a type that the codec knows, such as a described struct, and back. Specialise it with:
///
///     static Known to_value(const T&);
///     static T from_value(Known);      // or std::optional<T>; none: no such value
///
/// What from_value() throws is the message of the CodecError that the reader gets.
template <class T>
struct ValueTraits;

} // namespace bus
