#include <bus/event/internal/json_reader.hpp>
#include <bus/event/internal/value_text.hpp>

#include <limits>

namespace bus::internal {

namespace {

template <class T>
std::string integer_in_range() {
    return "an integer from " + std::to_string(std::numeric_limits<T>::min()) + " to " +
           std::to_string(std::numeric_limits<T>::max());
}

} // namespace

std::string expectation(const ValueType& type) {
    switch (type.kind) {
    case Kind::boolean: return "true or false";
    case Kind::int8: return integer_in_range<std::int8_t>();
    case Kind::int16: return integer_in_range<std::int16_t>();
    case Kind::int32: return integer_in_range<std::int32_t>();
    case Kind::int64: return integer_in_range<std::int64_t>();
    case Kind::uint8: return integer_in_range<std::uint8_t>();
    case Kind::uint16: return integer_in_range<std::uint16_t>();
    case Kind::uint32: return integer_in_range<std::uint32_t>();
    case Kind::uint64: return integer_in_range<std::uint64_t>();
    case Kind::float32: return "a number of single precision";
    case Kind::float64: return "a number of double precision";
    case Kind::string: return "a string";
    case Kind::timestamp: return "a time such as \"2025-09-01T00:22:59Z\"";
    case Kind::uuid: return "a UUID";
    case Kind::text:
        return type.text->expected.empty() ? "text of a " + std::string{type.text->type}
                                           : std::string{type.text->expected};
    case Kind::json: return "a JSON value";
    case Kind::enumeration: return "one of " + type.enumeration->names();
    case Kind::optional: return expectation(*type.element) + " or null";
    case Kind::list: return "a list";
    case Kind::map:
    case Kind::object: return "an object";
    case Kind::variant: return "an object with one member of " + tags_of(*type.variant);
    case Kind::proxy: return expectation(*type.element);
    }
    return "a value";
}

} // namespace bus::internal
