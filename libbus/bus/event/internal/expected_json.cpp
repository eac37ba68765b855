#include <bus/event/internal/compact_json.hpp>
#include <bus/event/internal/expected_json.hpp>
#include <bus/event/internal/plain_text.hpp>
#include <bus/event/internal/read_scalar.hpp>
#include <bus/event/internal/text_buffer.hpp>
#include <bus/event/internal/value_text.hpp>

#include <cstring>

namespace bus::internal {

namespace {

class Expecting {
public:
    explicit Expecting(std::string_view json) noexcept
        : next_{json.data()}, end_{json.data() + json.size()} {}

    [[nodiscard]] bool at_end() const noexcept { return next_ == end_; }

    bool object(const Object& object, std::size_t depth);
    bool envelope(const EnvelopeReading& envelope);

private:
    [[nodiscard]] bool next_is(char c) const noexcept { return next_ != end_ && *next_ == c; }

    bool skip(char c) noexcept {
        if (!next_is(c)) {
            return false;
        }
        ++next_;
        return true;
    }

    bool skip(std::string_view text) noexcept {
        if (static_cast<std::size_t>(end_ - next_) < text.size() ||
            !same_text({next_, text.size()}, text)) {
            return false;
        }
        next_ += text.size();
        return true;
    }

    std::size_t skip_digits() noexcept {
        const char* const first = next_;
        while (next_ != end_ && *next_ >= '0' && *next_ <= '9') {
            ++next_;
        }
        return static_cast<std::size_t>(next_ - first);
    }

    bool string(std::string_view& text) noexcept;
    bool number(std::string_view& text) noexcept;
    bool scalar(const ValueType& type, void* value);
    bool list(const ValueType& type, void* list, std::size_t depth);
    bool map(const ValueType& type, void* map, std::size_t depth);
    bool variant(const VariantOps& ops, void* variant, std::size_t depth);
    bool proxy(const ValueType& type, void* value, std::size_t depth);
    bool value(const ValueType& type, void* value, std::size_t depth);

    const char* next_;
    const char* end_;
};

bool Expecting::string(std::string_view& text) noexcept {
    if (!skip('"')) {
        return false;
    }
    const char* const first = next_;
    for (;;) {
        next_ += plain_chars({next_, static_cast<std::size_t>(end_ - next_)});
        if (skip('"')) {
            text = {first, static_cast<std::size_t>(next_ - 1 - first)};
            return true;
        }
        const std::string_view rest{next_, static_cast<std::size_t>(end_ - next_)};
        if (rest.empty() || static_cast<signed char>(rest.front()) >= 0) {
            return false; // an escape, or a character that a string must not contain
        }
        const std::size_t sequence = utf8_sequence(rest);
        if (sequence == 0) {
            return false;
        }
        next_ += sequence;
    }
}

/// Follows the grammar of RFC 8259, 6.
bool Expecting::number(std::string_view& text) noexcept {
    const char* const first = next_;
    skip('-');
    if (!skip('0') && skip_digits() == 0) {
        return false;
    }
    if (skip('.') && skip_digits() == 0) {
        return false;
    }
    if (skip('e') || skip('E')) {
        if (!skip('-')) {
            skip('+');
        }
        if (skip_digits() == 0) {
            return false;
        }
    }
    text = {first, static_cast<std::size_t>(next_ - first)};
    return true;
}

bool Expecting::scalar(const ValueType& type, void* value) {
    std::string_view text;
    if (next_is('"')) {
        return string(text) && read_scalar(type, value, Scalar::string, text);
    }
    return number(text) && read_scalar(type, value, Scalar::number, text);
}

bool Expecting::list(const ValueType& type, void* list, std::size_t depth) {
    if (depth == 0 || !skip('[')) {
        return false;
    }
    type.list->clear(list);
    if (skip(']')) {
        return true;
    }
    do {
        if (!value(*type.element, type.list->append(list), depth - 1)) {
            return false;
        }
    } while (skip(','));
    return skip(']');
}

bool Expecting::map(const ValueType& type, void* map, std::size_t depth) {
    if (depth == 0 || !skip('{')) {
        return false;
    }
    type.map->clear(map);
    if (skip('}')) {
        return true;
    }
    do {
        std::string_view key;
        if (!string(key) || !skip(':')) {
            return false;
        }
        void* const item = type.map->insert(map, key);
        if (item == nullptr || !value(*type.element, item, depth - 1)) {
            return false;
        }
    } while (skip(','));
    return skip('}');
}

bool Expecting::variant(const VariantOps& ops, void* variant, std::size_t depth) {
    std::string_view tag;
    if (depth == 0 || !skip('{') || !string(tag) || !skip(':')) {
        return false;
    }
    const std::size_t index = alternative_of(ops, tag);
    return index < ops.count &&
           value(*ops.alternatives[index].type, ops.emplace(variant, index), depth - 1) &&
           skip('}');
}

bool Expecting::proxy(const ValueType& type, void* value, std::size_t depth) {
    const ProxyHolder proxy{*type.proxy};
    return this->value(*type.element, proxy.get(), depth) &&
           type.proxy->take(proxy.get(), value).empty();
}

bool Expecting::value(const ValueType& type, void* value, std::size_t depth) {
    switch (type.kind) {
    case Kind::boolean: {
        auto& held = *static_cast<bool*>(value);
        held = skip("true");
        return held || skip("false");
    }
    case Kind::optional:
        if (skip("null")) {
            type.optional->reset(value);
            return true;
        }
        return this->value(*type.element, type.optional->emplace(value), depth);
    case Kind::list: return list(type, value, depth);
    case Kind::map: return map(type, value, depth);
    case Kind::object: return object({value, &type.object()}, depth);
    case Kind::variant: return variant(*type.variant, value, depth);
    case Kind::proxy: return proxy(type, value, depth);
    case Kind::json:
        static_cast<std::string*>(value)->clear();
        return skip("null"); // any other value needs a parser to find its end
    default: return scalar(type, value);
    }
}

bool Expecting::object(const Object& object, std::size_t depth) {
    if (depth == 0 || !skip('{')) {
        return false;
    }
    bool first = true;
    for (const Member& member : object.members->members) {
        if (!first && !skip(',')) {
            return false;
        }
        first = false;
        if (!skip(member.key) ||
            !value(*member.type, static_cast<char*>(object.object) + member.offset, depth - 1)) {
            return false;
        }
    }
    return skip('}');
}

bool Expecting::envelope(const EnvelopeReading& envelope) {
    const auto& members = envelope.envelope.members->members;
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (i > envelope.data && next_is('}')) {
            break;
        }
        const Member& member = members[i];
        if (!skip(i == 0 ? '{' : ',') || !skip(member.key)) {
            return false;
        }
        if (i != envelope.data) {
            void* const place = static_cast<char*>(envelope.envelope.object) + member.offset;
            if (!value(*member.type, place, max_depth)) {
                return false;
            }
            continue;
        }
        const std::uint64_t seen = (std::uint64_t{1} << i) - 1;
        const Object data = envelope.data_object(envelope.context, seen);
        if (data.object == nullptr || !object(data, max_depth)) {
            return false;
        }
    }
    return skip('}');
}

} // namespace

bool read_expected(std::string_view json, const Object& object) {
    Expecting expecting{json};
    return expecting.object(object, max_depth) && expecting.at_end();
}

bool read_expected(std::string_view json, const EnvelopeReading& envelope) {
    Expecting expecting{json};
    return expecting.envelope(envelope) && expecting.at_end();
}

} // namespace bus::internal
