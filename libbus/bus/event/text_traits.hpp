#pragma once

namespace bus {

/// Teaches the codec a type that is written as one JSON string: a decimal, a strong id, ... The
/// function that reads a value gets the text of a JSON string, or the text of a JSON number as it
/// was written. The codec escapes the text that is written if necessary, and refuses text that is
/// not UTF-8. Specialise it in one of two forms.
///
/// The simple form:
///
///     static std::string to_text(const T&);                     // or a view of text that lives on
///     static std::optional<T> from_text(std::string_view text); // nullopt: not a valid value
///
/// The form that allocates nothing, for types that are written often:
///
///     static constexpr std::size_t max_chars;                   // the most that write() writes
///     static std::size_t write(const T&, char* out) noexcept;   // returns the characters written
///     static bool read(std::string_view text, T& out) noexcept; // false: not a valid value
///
/// If write() writes more than max_chars characters, the result is an error that names the type and
/// the member. No other memory is overwritten. If write() writes more than 16 megabytes too many,
/// the process ends. Both forms may have `static constexpr std::string_view expected`, which error
/// messages show: "a decimal".
///
/// A type of your own needs no specialisation if it has both functions of the simple form:
/// `to_text(const T&)` in its namespace or as a friend, and `from_text(std::string_view)` as a
/// static member.
template <class T>
struct TextTraits;

/// Teaches the codec a type that is written as an object, a list or a number. The type is converted
/// to a type that the codec knows, such as a described struct, and back. Specialise it with:
///
///     static Known to_value(const T&);
///     static T from_value(Known);      // or std::optional<T>; nullopt: not a valid value
///
/// If from_value() throws, its message becomes the message of the CodecError that the reader gets.
template <class T>
struct ValueTraits;

} // namespace bus
