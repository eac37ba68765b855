#include <bus/event/internal/path.hpp>
#include <bus/event/internal/read_scalar.hpp>
#include <bus/event/internal/text_buffer.hpp>

#include <charconv>
#include <clocale>
#include <cmath>
#include <concepts>
#include <cstdlib>
#include <limits>

namespace bus::internal {

namespace {

template <class T>
bool read_integer(std::string_view text, void* value) {
    const char* const end = text.data() + text.size();
    const auto [read, error] = std::from_chars(text.data(), end, *static_cast<T*>(value));
    return error == std::errc{} && read == end;
}

/// Reads a real number, for a C++ library whose from_chars() only reads integers.
template <class T>
bool read_real_by_strtod(std::string_view text, T& real) {
    static const locale_t classic = ::newlocale(LC_ALL_MASK, "C", nullptr);
    if (text.empty() || text.front() == '+' ||
        text.find_first_not_of("0123456789+-.eE") != std::string_view::npos) {
        return false; // strtod would accept it, but it is not a JSON number
    }
    const std::string copy{text};
    char* read = nullptr;
    if constexpr (std::same_as<T, float>) {
        real = ::strtof_l(copy.c_str(), &read, classic);
    } else {
        real = ::strtod_l(copy.c_str(), &read, classic);
    }
    return read == copy.c_str() + copy.size() && std::isfinite(real);
}

template <class T>
bool read_real(std::string_view text, void* value) {
    T& real = *static_cast<T*>(value);
    if constexpr (requires(const char* at) { std::from_chars(at, at, real); }) {
        const char* const end = text.data() + text.size();
        const auto [read, error] = std::from_chars(text.data(), end, real);
        if (error != std::errc::result_out_of_range) {
            return error == std::errc{} && read == end;
        }
        // The number is too large, which is an error, or too close to zero, which gives zero.
        // from_chars() does not say which, so strtod decides.
        real = static_cast<T>(std::strtod(std::string{text}.c_str(), nullptr));
        return std::abs(real) < 1;
    } else { // libc++ before 20
        return read_real_by_strtod(text, real);
    }
}

bool read_number(const ValueType& type, void* value, std::string_view text) {
    switch (type.kind) {
    case Kind::int8: return read_integer<std::int8_t>(text, value);
    case Kind::int16: return read_integer<std::int16_t>(text, value);
    case Kind::int32: return read_integer<std::int32_t>(text, value);
    case Kind::int64: return read_integer<std::int64_t>(text, value);
    case Kind::uint8: return read_integer<std::uint8_t>(text, value);
    case Kind::uint16: return read_integer<std::uint16_t>(text, value);
    case Kind::uint32: return read_integer<std::uint32_t>(text, value);
    case Kind::uint64: return read_integer<std::uint64_t>(text, value);
    case Kind::float32: return read_real<float>(text, value);
    case Kind::float64: return read_real<double>(text, value);
    case Kind::text: return type.text->takes_numbers && type.text->read(text, value);
    default: return false;
    }
}

bool read_string(const ValueType& type, void* value, std::string_view text) {
    const auto store = [value](const auto& read) {
        using T = std::remove_cvref_t<decltype(*read)>;
        if (read) {
            *static_cast<T*>(value) = *read;
        }
        return read.has_value();
    };
    switch (type.kind) {
    case Kind::string: static_cast<std::string*>(value)->assign(text); return true;
    case Kind::timestamp: return store(try_parse_timestamp(text));
    case Kind::uuid: return store(try_parse_uuid(text));
    case Kind::text: return type.text->read(text, value);
    case Kind::enumeration: return type.enumeration->read(text, value);
    default: return false;
    }
}

bool read_json_text(std::string& value, Scalar scalar, std::string_view text) {
    if (scalar != Scalar::string) {
        value.assign(text);
        return true;
    }
    value.clear();
    TextBuffer out{value};
    const bool valid = out.append_quoted(text);
    out.finish();
    return valid;
}

} // namespace

bool read_scalar(const ValueType& type, void* value, Scalar scalar, std::string_view text) {
    if (type.kind == Kind::json) {
        return read_json_text(*static_cast<std::string*>(value), scalar, text);
    }
    switch (scalar) {
    case Scalar::string: return read_string(type, value, text);
    case Scalar::number: return read_number(type, value, text);
    case Scalar::boolean:
        if (type.kind != Kind::boolean) {
            return false;
        }
        *static_cast<bool*>(value) = text == "true";
        return true;
    }
    return false;
}

std::string found(Scalar scalar, std::string_view text) {
    switch (scalar) {
    case Scalar::string: return "string \"" + shown(text) + "\"";
    case Scalar::number: return "number " + shown(text);
    case Scalar::boolean: break;
    }
    return std::string{text};
}

std::string names_of(const MemberTable& table) {
    std::string names;
    for (const Member& member : table.members) {
        names.append(names.empty() ? "" : ", ").append(member.name);
    }
    return names;
}

} // namespace bus::internal
