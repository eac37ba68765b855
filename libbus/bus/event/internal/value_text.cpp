#include <bus/event/codec.hpp>
#include <bus/event/internal/read_scalar.hpp>
#include <bus/event/internal/text_scratch.hpp>
#include <bus/event/internal/value_text.hpp>

#include <algorithm>

namespace bus {

namespace internal {

std::string_view written_text(const TextOps& ops, const void* value, std::string& problem) {
    // Nothing limits what a user's function writes, so it gets a place where excess does no harm.
    char* const place = text_scratch(ops.max_chars);
    const std::size_t size = ops.write(value, place);
    if (size <= ops.max_chars) {
        return {place, size};
    }
    trim_text_scratch();
    problem = "bus::TextTraits of " + std::string{ops.type} + " wrote " + std::to_string(size) +
              " characters, and declares that it writes at most " + std::to_string(ops.max_chars) +
              ": raise its max_chars, or give it to_text and from_text";
    return {};
}

std::string tags_of(const VariantOps& ops) {
    std::string tags;
    for (std::size_t i = 0; i < ops.count; ++i) {
        const auto& [tag, type] = ops.alternatives[i];
        const bool last = i != 0 && i + 1 == ops.count;
        tags.append(i == 0 ? "" : last ? " or " : ", ").append(type != nullptr ? tag : "null");
    }
    return tags;
}

std::size_t alternative_of(const VariantOps& ops, std::string_view tag) noexcept {
    std::size_t index = 0;
    while (index < ops.count &&
           (ops.alternatives[index].type == nullptr || ops.alternatives[index].tag != tag)) {
        ++index;
    }
    return index;
}

} // namespace internal

namespace detail {

namespace {

std::string text_of_text(const TextOps& ops, const void* value) {
    if (ops.write == nullptr) {
        return ops.to_text(value);
    }
    std::string problem;
    std::string text{internal::written_text(ops, value, problem)};
    if (!problem.empty()) {
        throw CodecError{{}, problem};
    }
    return text;
}

} // namespace

std::string text_of(const ValueType& type, const void* value) {
    switch (type.kind) {
    case Kind::string: return *static_cast<const std::string*>(value);
    case Kind::text: return text_of_text(*type.text, value);
    case Kind::uuid: return to_text(*static_cast<const Uuid*>(value));
    case Kind::timestamp: return to_text(*static_cast<const Timestamp*>(value));
    case Kind::enumeration:
        if (const std::string_view name = type.enumeration->name(value); !name.empty()) {
            return std::string{name};
        }
        throw CodecError{
            {}, "expected one of " + type.enumeration->names() + ", found a value without a name"};
    default: break;
    }
    std::string number;
    write_value(type, value, number);
    return number;
}

void sort_pointers(std::vector<const void*>& pointers, bool (*before)(const void*, const void*)) {
    std::sort(pointers.begin(), pointers.end(), before);
}

bool read_key(const ValueType& type, void* value, std::string_view key) {
    switch (type.kind) {
    case Kind::string:
    case Kind::text:
    case Kind::uuid:
    case Kind::timestamp:
    case Kind::enumeration:
        return internal::read_scalar(type, value, internal::Scalar::string, key);
    default: return internal::read_scalar(type, value, internal::Scalar::number, key);
    }
}

} // namespace detail

} // namespace bus
