#include <bus/event/codec.hpp>
#include <bus/event/internal/compact_json.hpp>
#include <bus/event/internal/path.hpp>
#include <bus/event/internal/text_buffer.hpp>
#include <bus/event/internal/utf8_error.hpp>
#include <bus/event/internal/value_text.hpp>
#include <bus/event/utf8.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace bus {

namespace {

using internal::TextBuffer;

/// The path from the root to the value that is being written: a linked list on the stack. It is
/// turned into text only for an error.
struct Step {
    const Step* before = nullptr;
    std::string_view name{};
    std::size_t index = 0; ///< used if name has no data
};

std::string path_of(const Step* step) {
    if (step == nullptr) {
        return {};
    }
    std::string path = path_of(step->before);
    if (step->name.data() != nullptr) {
        internal::add_to_path(path, step->name);
    } else {
        internal::add_to_path(path, step->index);
    }
    return path;
}

template <class T>
const T& as(const void* value) {
    return *static_cast<const T*>(value);
}

class JsonWriter {
public:
    explicit JsonWriter(std::string& out) noexcept : out_{out} {}

    void finish() { out_.finish(); }

    void text(std::string_view plain) { out_.append(plain); }

    /// Writes a JSON string; `step` is its path, for an error.
    void quoted(std::string_view text, const Step* step);
    template <class T>
    void number(T value);
    void uuid(const Uuid& value);
    void timestamp(Timestamp value);
    void json(std::string_view text, const Step* step, std::size_t depth);
    void object(const MemberTable& table, const void* object, const Step* step, std::size_t depth);
    /// Writes a value in which `depth` more levels of nesting are allowed.
    void value(const ValueType& type, const void* value, const Step* step, std::size_t depth);

private:
    [[noreturn]] static void fail(const Step* step, const std::string& message) {
        throw CodecError{path_of(step), message};
    }

    static std::size_t deeper(std::size_t depth, const Step* step) {
        if (depth == 0) {
            fail(step, "nested deeper than " + std::to_string(internal::max_depth) +
                           " levels, and could not be read back");
        }
        return depth - 1;
    }

    template <class T>
    void real(T value, const Step* step);
    void text_value(const TextOps& ops, const void* value, const Step* step);
    void enumeration(const EnumOps& ops, const void* value, const Step* step);
    void list(const ValueType& type, const void* list, const Step* step, std::size_t depth);
    void map(const ValueType& type, const void* map, const Step* step, std::size_t depth);
    void variant(const VariantOps& ops, const void* variant, const Step* step, std::size_t depth);
    void proxy(const ValueType& type, const void* value, const Step* step, std::size_t depth);

    TextBuffer out_;
};

void JsonWriter::quoted(std::string_view text, const Step* step) {
    if (!out_.append_quoted(text)) {
        fail(step, internal::utf8_error(text));
    }
}

template <class T>
void JsonWriter::number(T value) {
    constexpr std::size_t longest = 32; // 20 digits and a sign; 24 characters of a double
    char* begin = out_.room(longest);
    out_.written_to(std::to_chars(begin, begin + longest, value).ptr);
}

template <class T>
void JsonWriter::real(T value, const Step* step) {
    if (!std::isfinite(value)) {
        fail(step, "expected a finite number, found " + std::to_string(value) +
                       ", which JSON cannot hold");
    }
    number(value);
}

void JsonWriter::uuid(const Uuid& value) {
    char* out = out_.room(uuid_chars + 2);
    *out++ = '"';
    out = write_uuid(value, out);
    *out++ = '"';
    out_.written_to(out);
}

void JsonWriter::timestamp(Timestamp value) {
    char* out = out_.room(timestamp_chars + 2);
    *out++ = '"';
    out = write_timestamp(value, out);
    *out++ = '"';
    out_.written_to(out);
}

void JsonWriter::json(std::string_view text, const Step* step, std::size_t depth) {
    if (text.empty()) {
        out_.append("null");
    } else if (const std::string problem = internal::append_compact(text, depth, out_);
               !problem.empty()) {
        fail(step, "expected a JSON value, found " + problem);
    }
}

void JsonWriter::text_value(const TextOps& ops, const void* value, const Step* step) {
    if (ops.write == nullptr) {
        return quoted(ops.to_text(value), step);
    }
    std::string problem;
    const std::string_view text = internal::written_text(ops, value, problem);
    if (!problem.empty()) {
        fail(step, problem);
    }
    quoted(text, step);
}

void JsonWriter::enumeration(const EnumOps& ops, const void* value, const Step* step) {
    const std::string_view name = ops.name(value);
    if (name.empty()) {
        fail(step, "expected one of " + ops.names() + ", found a value without a name");
    }
    quoted(name, step);
}

void JsonWriter::list(const ValueType& type, const void* list, const Step* step,
                      std::size_t depth) {
    const std::size_t size = type.list->size(list);
    out_.put('[');
    for (Step item{.before = step}; item.index < size; ++item.index) {
        if (item.index != 0) {
            out_.put(',');
        }
        value(*type.element, type.list->at(list, item.index), &item, depth);
    }
    out_.put(']');
}

void JsonWriter::map(const ValueType& type, const void* map, const Step* step, std::size_t depth) {
    struct Context {
        JsonWriter& writer;
        const ValueType& keys;
        const ValueType& element;
        const Step* step;
        std::size_t depth;
        bool first = true;
        std::vector<std::string> texts{}; // of keys, if a user's function makes their text
    };

    Context context{*this, *type.map->key, *type.element, step, depth};
    out_.put('{');
    type.map->visit(map, &context, [](void* opaque, const void* key, const void* item) {
        auto& [writer, keys, element, before, levels, first, texts] =
            *static_cast<Context*>(opaque);
        if (!first) {
            writer.out_.put(',');
        }
        first = false;
        std::string made; // owns the text of a key that is not a std::string
        std::string_view name;
        if (keys.kind == Kind::string) {
            name = as<std::string>(key);
        } else {
            made = detail::text_of(keys, key);
            name = made;
        }
        const Step here{.before = before, .name = name};
        writer.quoted(name, &here);
        writer.out_.put(':');
        writer.value(element, item, &here, levels);
        if (keys.kind == Kind::text) {
            texts.push_back(std::move(made));
        }
    });
    out_.put('}');
    std::sort(context.texts.begin(), context.texts.end());
    const auto twice = std::adjacent_find(context.texts.begin(), context.texts.end());
    if (twice != context.texts.end()) {
        fail(step, "two keys have the same text, \"" + *twice + "\": one would be lost");
    }
}

void JsonWriter::variant(const VariantOps& ops, const void* variant, const Step* step,
                         std::size_t depth) {
    const std::size_t index = ops.index(variant);
    if (index >= ops.count) {
        fail(step, "expected one of " + internal::tags_of(ops) +
                       ", found a std::variant without a value (valueless by exception)");
    }
    const auto& [tag, type] = ops.alternatives[index];
    if (type == nullptr) {
        return out_.append("null");
    }
    const Step here{.before = step, .name = tag};
    out_.put('{');
    quoted(tag, &here);
    out_.put(':');
    value(*type, ops.get(variant), &here, depth);
    out_.put('}');
}

void JsonWriter::proxy(const ValueType& type, const void* value, const Step* step,
                       std::size_t depth) {
    struct Context {
        JsonWriter& writer;
        const ValueType& element;
        const Step* step;
        std::size_t depth;
    };

    Context context{*this, *type.element, step, depth};
    type.proxy->with(value, &context, [](void* opaque, const void* proxy) {
        const auto& [writer, element, before, levels] = *static_cast<Context*>(opaque);
        writer.value(element, proxy, before, levels);
    });
}

void JsonWriter::object(const MemberTable& table, const void* object, const Step* step,
                        std::size_t depth) {
    const auto* base = static_cast<const char*>(object);
    char separator = '{';
    for (const Member& member : table.members) {
        out_.put(separator);
        out_.append(member.key);
        const Step here{.before = step, .name = member.name};
        value(*member.type, base + member.offset, &here, depth);
        separator = ',';
    }
    out_.append(separator == '{' ? "{}" : "}");
}

void JsonWriter::value(const ValueType& type, const void* value, const Step* step,
                       std::size_t depth) {
    switch (type.kind) {
    case Kind::boolean: return out_.append(as<bool>(value) ? "true" : "false");
    case Kind::int8: return number(int{as<std::int8_t>(value)});
    case Kind::int16: return number(as<std::int16_t>(value));
    case Kind::int32: return number(as<std::int32_t>(value));
    case Kind::int64: return number(as<std::int64_t>(value));
    case Kind::uint8: return number(unsigned{as<std::uint8_t>(value)});
    case Kind::uint16: return number(as<std::uint16_t>(value));
    case Kind::uint32: return number(as<std::uint32_t>(value));
    case Kind::uint64: return number(as<std::uint64_t>(value));
    case Kind::float32: return real(as<float>(value), step);
    case Kind::float64: return real(as<double>(value), step);
    case Kind::string: return quoted(as<std::string>(value), step);
    case Kind::timestamp: return timestamp(as<Timestamp>(value));
    case Kind::uuid: return uuid(as<Uuid>(value));
    case Kind::text: return text_value(*type.text, value, step);
    case Kind::json: return json(as<JsonText>(value).text, step, depth);
    case Kind::enumeration: return enumeration(*type.enumeration, value, step);
    case Kind::optional:
        if (const void* held = type.optional->get(value)) {
            return this->value(*type.element, held, step, depth);
        }
        return out_.append("null");
    case Kind::list: return list(type, value, step, deeper(depth, step));
    case Kind::map: return map(type, value, step, deeper(depth, step));
    case Kind::object: return object(type.object(), value, step, deeper(depth, step));
    case Kind::variant: return variant(*type.variant, value, step, deeper(depth, step));
    case Kind::proxy: return proxy(type, value, step, depth);
    }
}

/// The members of an event in the wire format, without its data.
struct WrittenEnvelope {
    const Uuid& event_id;
    std::string_view event_type;
    std::uint32_t event_version;
    std::string_view aggregate_id;
    std::string_view aggregate_type;
    std::string_view execution_id;
    std::string_view user_id;
    Timestamp occurred_at;
    const Uuid& causation_id;
};

template <class WriteData>
void write_envelope(JsonWriter& writer, const WrittenEnvelope& event, WriteData write_data) {
    const auto text = [&writer](std::string_view key, std::string_view name,
                                std::string_view value) {
        const Step here{.name = name};
        writer.text(key);
        writer.quoted(value, &here);
    };
    writer.text(R"({"event_id":)");
    writer.uuid(event.event_id);
    text(R"(,"event_type":)", "event_type", event.event_type);
    writer.text(R"(,"event_version":)");
    writer.number(event.event_version);
    text(R"(,"aggregate_id":)", "aggregate_id", event.aggregate_id);
    text(R"(,"aggregate_type":)", "aggregate_type", event.aggregate_type);
    text(R"(,"execution_id":)", "execution_id", event.execution_id);
    text(R"(,"user_id":)", "user_id", event.user_id);
    writer.text(R"(,"occurred_at":)");
    writer.timestamp(event.occurred_at);
    writer.text(R"(,"data":)");
    const Step data{.name = "data"};
    write_data(&data);
    if (!event.causation_id.is_nil()) {
        writer.text(R"(,"causation_id":)");
        writer.uuid(event.causation_id);
    }
    writer.text("}");
}

void check_text(const char* member, std::string_view text) {
    if (find_bad_utf8(text) != std::string_view::npos) {
        throw CodecError{member, internal::utf8_error(text)};
    }
}

/// The record with texts that JSON can hold.
EventRecord made_readable(const EventRecord& record) {
    EventRecord readable = record;
    for (std::string* text :
         {&readable.event_type, &readable.aggregate_id, &readable.aggregate_type,
          &readable.execution_id, &readable.user_id, &readable.data}) {
        *text = valid_utf8(*text);
    }
    return readable;
}

} // namespace

CodecError::CodecError(std::string path, const std::string& message)
    : std::runtime_error{path.empty() ? message : path + ": " + message}, path_{std::move(path)} {}

void write_json(const DomainEvent& event, std::string& out) {
    const EventType& type = event.type();
    type.check_copy();
    type.use();
    JsonWriter writer{out};
    write_envelope(writer,
                   {event.event_id, type.name(), type.version(), event.aggregate_id(),
                    type.aggregate_type(), event.execution_id, event.user_id, event.occurred_at,
                    event.causation_id},
                   [&](const Step* step) {
                       writer.object(type.members(), &event, step, internal::max_depth - 1);
                   });
    writer.finish();
}

void write_json(const EventRecord& record, std::string& out) {
    JsonWriter writer{out};
    write_envelope(writer,
                   {record.event_id, record.event_type, record.event_version, record.aggregate_id,
                    record.aggregate_type, record.execution_id, record.user_id, record.occurred_at,
                    record.causation_id},
                   [&](const Step* step) {
                       // Parse and rewrite the stored text: a damaged record must not break the
                       // line of JSON.
                       const auto first = record.data.find_first_not_of(" \t\r\n");
                       if (first == std::string::npos || record.data[first] != '{') {
                           throw CodecError{"data", "expected one JSON object, found \"" +
                                                        internal::shown(record.data) + "\""};
                       }
                       writer.json(record.data, step, internal::max_depth);
                   });
    writer.finish();
}

bool write_readable_json(const EventRecord& record, std::string& out) {
    try {
        write_json(record, out);
        return true;
    } catch (const CodecError&) {
        EventRecord readable = made_readable(record);
        try {
            write_json(readable, out);
        } catch (const CodecError&) { // so the data is not a JSON object
            const std::string data = std::exchange(readable.data, R"({"not_json":)");
            detail::write_value(value_type<std::string>, &data, readable.data);
            readable.data += '}';
            write_json(readable, out);
        }
        return false;
    }
}

std::string to_json(const DomainEvent& event) {
    std::string out;
    write_json(event, out);
    return out;
}

std::string to_json(const EventRecord& record) {
    std::string out;
    write_json(record, out);
    return out;
}

void write_data(const DomainEvent& event, std::string& out) {
    JsonWriter writer{out};
    writer.object(event.type().members(), &event, nullptr, internal::max_depth - 1);
    writer.finish();
}

EventRecord encode(const DomainEvent& event) {
    const EventType& type = event.type();
    type.use();
    EventRecord record{.event_id = event.event_id,
                       .event_type = std::string{type.name()},
                       .event_version = type.version(),
                       .aggregate_id = std::string{event.aggregate_id()},
                       .aggregate_type = std::string{type.aggregate_type()},
                       .execution_id = event.execution_id,
                       .user_id = event.user_id,
                       .occurred_at = event.occurred_at,
                       .data = {},
                       .causation_id = event.causation_id};
    write_data(event, record.data); // first, so an error in the id names the struct's own member
    check_text("execution_id", record.execution_id);
    check_text("user_id", record.user_id);
    check_text(event.own_aggregate_id.empty() ? "aggregate_id" : "own_aggregate_id",
               record.aggregate_id);
    return record;
}

void detail::write_value(const ValueType& type, const void* value, std::string& out) {
    JsonWriter writer{out};
    writer.value(type, value, nullptr, internal::max_depth);
    writer.finish();
}

} // namespace bus
