#include <bus/event/codec.hpp>
#include <bus/event/internal/json_reader.hpp>
#include <bus/event/internal/path.hpp>
#include <bus/event/internal/versioned_text.hpp>
#include <bus/event/utf8.hpp>

#include <array>
#include <functional>
#include <memory>

namespace bus {

namespace {

using internal::Object;

/// The indexes of the members in the envelope's table.
enum Place : unsigned {
    event_id,
    event_type_name,
    event_version,
    aggregate_id,
    aggregate_type,
    execution_id,
    user_id,
    occurred_at,
    data,
    causation_id,
};

constexpr bool was_seen(std::uint64_t seen, Place place) {
    return ((seen >> place) & 1U) != 0;
}

/// Text of the envelope. If the text stands unchanged in the input, this is a view of the input.
/// That saves allocations for text that the event does not keep.
class InputText {
public:
    explicit InputText(std::string_view input) noexcept : input_{input} {}

    InputText(const InputText&) = delete;
    InputText& operator=(const InputText&) = delete;
    ~InputText() = default;

    [[nodiscard]] std::string_view view() const noexcept { return view_; }

    void assign(std::string_view text) {
        const std::less_equal<> before;
        if (before(input_.data(), text.data()) &&
            before(text.data() + text.size(), input_.data() + input_.size())) {
            view_ = text;
        } else {
            view_ = own_.assign(text);
        }
    }

    void clear() noexcept { view_ = {}; }

private:
    std::string_view input_;
    std::string_view view_;
    std::string own_;
};

struct ReadEnvelope {
    explicit ReadEnvelope(std::string_view json) noexcept
        : event_type{json},
          aggregate_id{json},
          aggregate_type{json},
          execution_id{json},
          user_id{json} {}

    Uuid event_id{};
    InputText event_type;
    std::uint32_t event_version = 1;
    InputText aggregate_id;
    InputText aggregate_type;
    InputText execution_id;
    InputText user_id;
    Timestamp occurred_at{};
    JsonText data; ///< empty if the data was read straight into an event
    Uuid causation_id{};
};

constexpr TextOps input_text_ops{.expected = "a string",
                                 .max_chars = 0,
                                 .write = nullptr, // an envelope is only read
                                 .read =
                                     [](std::string_view text, void* value) {
                                         static_cast<InputText*>(value)->assign(text);
                                         return true;
                                     },
                                 .takes_numbers = false};
constexpr ValueType input_text{.kind = Kind::text, .text = &input_text_ops};

// The original system wrote null for an absent user. It is read as empty text.
constexpr OptionalOps nullable_text_ops{[](const void* text) { return text; },
                                        [](void* text) { return text; },
                                        [](void* text) { static_cast<InputText*>(text)->clear(); }};
constexpr OptionalOps nullable_uuid_ops{[](const void* uuid) { return uuid; },
                                        [](void* uuid) { return uuid; },
                                        [](void* uuid) { *static_cast<Uuid*>(uuid) = {}; }};
constexpr ValueType nullable_text{
    .kind = Kind::optional, .element = &input_text, .optional = &nullable_text_ops};
constexpr ValueType nullable_uuid{
    .kind = Kind::optional, .element = &value_type<Uuid>, .optional = &nullable_uuid_ops};

const MemberTable& envelope_members() {
    static const MemberTable& table = *[] { // never destroyed, like all member tables
        const ReadEnvelope instance{{}};
        const auto* const start = reinterpret_cast<const char*>(&instance);
        auto owner = std::make_unique<MemberTable>();
        MemberTable& members = *owner;
        const auto add = [&](std::string_view name, const auto& member, const ValueType& type) {
            const auto* const place = reinterpret_cast<const char*>(&member);
            members.add(name, static_cast<std::size_t>(place - start), type);
        };
        add("event_id", instance.event_id, value_type<Uuid>);
        add("event_type", instance.event_type, input_text);
        add("event_version", instance.event_version, value_type<std::uint32_t>);
        add("aggregate_id", instance.aggregate_id, nullable_text);
        add("aggregate_type", instance.aggregate_type, nullable_text);
        add("execution_id", instance.execution_id, nullable_text);
        add("user_id", instance.user_id, nullable_text);
        add("occurred_at", instance.occurred_at, value_type<Timestamp>);
        add("data", instance.data, value_type<JsonText>);
        add("causation_id", instance.causation_id, nullable_uuid);
        return owner.release();
    }();
    return table;
}

/// Supplies the event that data is read into.
class EventSource {
public:
    virtual ~EventSource() = default;

    /// The event for data of this type and version, or nullptr to keep the data as text.
    virtual DomainEvent* event_of(std::string_view type, std::uint32_t version) = 0;

protected:
    EventSource() = default;
    EventSource(const EventSource&) = default;
    EventSource& operator=(const EventSource&) = default;
};

/// Reads an event. Its data goes straight into a struct if the members before it say that it has
/// the type and the version of the struct. Otherwise the data is kept as text.
class EventReading {
public:
    EventReading(std::string_view json, EventSource* source) : envelope_{json}, source_{source} {
        const auto data_object = [](void* self, std::uint64_t seen) {
            return static_cast<EventReading*>(self)->data_object(seen);
        };
        check(internal::read_envelope(
            json, {{&envelope_, &envelope_members()}, data, data_object, this}));
    }

    EventReading(const EventReading&) = delete;
    EventReading& operator=(const EventReading&) = delete;
    ~EventReading() = default;

    [[nodiscard]] const ReadEnvelope& envelope() const noexcept { return envelope_; }

    /// The event that the data was read into; nullptr if the data is in the envelope.
    [[nodiscard]] DomainEvent* event() const noexcept { return event_; }

    /// All that was read; only to be called if the data is in the envelope.
    [[nodiscard]] EventRecord record() && {
        return {.event_id = envelope_.event_id,
                .event_type = std::string{envelope_.event_type.view()},
                .event_version = envelope_.event_version,
                .aggregate_id = std::string{envelope_.aggregate_id.view()},
                .aggregate_type = std::string{envelope_.aggregate_type.view()},
                .execution_id = std::string{envelope_.execution_id.view()},
                .user_id = std::string{envelope_.user_id.view()},
                .occurred_at = envelope_.occurred_at,
                .data = std::move(envelope_.data.text),
                .causation_id = envelope_.causation_id};
    }

private:
    Object data_object(std::uint64_t seen) {
        if (source_ != nullptr && was_seen(seen, event_type_name) &&
            was_seen(seen, event_version)) {
            event_ = source_->event_of(envelope_.event_type.view(), envelope_.event_version);
        }
        return event_ != nullptr ? Object{event_, &event_->type().members()} : Object{};
    }

    void check(std::uint64_t seen) const {
        for (const Place required : {event_id, event_type_name, occurred_at, data}) {
            if (!was_seen(seen, required)) {
                throw CodecError{envelope_members().members[required].name,
                                 "an event must have this member, found none"};
            }
        }
        if (envelope_.event_type.view().empty()) {
            throw CodecError{"event_type", "expected the name of a type, found \"\""};
        }
        if (envelope_.event_version == 0) {
            throw CodecError{"event_version", "expected a version from 1 on, found 0"};
        }
        if (const std::string& text = envelope_.data.text;
            event_ == nullptr && !text.starts_with('{')) {
            throw CodecError{"data", "expected an object, found " +
                                         (text.empty() ? "null" : internal::shown(text))};
        }
    }

    ReadEnvelope envelope_;
    EventSource* source_;
    DomainEvent* event_ = nullptr;
};

/// Converts `data` of this version to the version that the program knows.
std::string upcast_data(const EventType& type, std::uint32_t version, std::string data) {
    for (; version < type.version(); ++version) {
        const std::string step = std::string{type.name()} + " from version " +
                                 std::to_string(version) + " to " + std::to_string(version + 1);
        const Upcaster* change = type.upcaster(version);
        if (change == nullptr) {
            throw CodecError{"event_version", "no upcaster of " + step +
                                                  "; register one with bus::upcast at start-up"};
        }
        const std::string failed = "the upcaster of " + step + " failed: ";
        try {
            data = (*change)(data);
        } catch (const CodecError& error) {
            throw CodecError{error.below("data").path(), failed + error.message()};
        } catch (const std::exception& error) {
            throw CodecError{"data", failed + error.what()};
        }
    }
    return data;
}

void read_data(const EventType& type, std::uint32_t version, const std::string& json,
               DomainEvent& event) {
    if (version > type.version()) {
        throw CodecError{"event_version", "expected " + std::string{type.name()} +
                                              " up to version " + std::to_string(type.version()) +
                                              ", found " + std::to_string(version) +
                                              ", written by a newer program: update this one"};
    }
    std::string upcast; // outside of the try: upcast_data() reports paths in the whole event
    if (version < type.version()) {
        upcast = upcast_data(type, version, json);
    }
    try {
        internal::read_json(version < type.version() ? upcast : json, {&event, &type.members()},
                            Reading::tolerant);
    } catch (const CodecError& error) {
        throw error.below("data");
    }
}

/// Sets the members of the event that its record or envelope has beside the data.
void fill_in(const Uuid& id, std::string_view aggregate, std::string_view execution,
             std::string_view user, Timestamp time, const Uuid& cause, DomainEvent& event) {
    event.event_id = id;
    event.occurred_at = time;
    event.causation_id = cause;
    if (aggregate == event.type().aggregate_id(event)) {
        aggregate = {};
    }
    const std::array<Text::Making, 3> texts{{{event.execution_id, execution},
                                             {event.user_id, user},
                                             {event.own_aggregate_id, aggregate}}};
    Text::make_together(texts);
}

void fill_in(const ReadEnvelope& from, DomainEvent& event) {
    fill_in(from.event_id, from.aggregate_id.view(), from.execution_id.view(), from.user_id.view(),
            from.occurred_at, from.causation_id, event);
}

/// Supplies an event that exists already.
class GivenEvent final : public EventSource {
public:
    GivenEvent(const EventType& type, DomainEvent& event) noexcept : type_{type}, event_{event} {}

    DomainEvent* event_of(std::string_view type, std::uint32_t version) override {
        check(type);
        return version == type_.version() ? &event_ : nullptr;
    }

    void check(std::string_view type) const {
        if (!type_.is_called(type)) {
            throw CodecError{"event_type", "expected \"" + std::string{type_.name()} +
                                               "\", found \"" + internal::shown(type) + "\""};
        }
    }

private:
    const EventType& type_;
    DomainEvent& event_;
};

/// The type of this name, if events of it can be created. Null if the program knows none; throws
/// std::logic_error if it knows several.
const EventType* concrete_type(std::string_view name) {
    const EventType* type = find_event_type(name);
    if (type == nullptr) {
        detail::check_clash(name);
    }
    return type != nullptr && type->base() != nullptr ? type : nullptr;
}

/// Creates events of the types that the program knows.
class CreatedEvent final : public EventSource {
public:
    DomainEvent* event_of(std::string_view type, std::uint32_t version) override {
        const EventType* known = concrete_type(type);
        if (known != nullptr && known->version() == version) {
            event = known->create();
        }
        return event.get();
    }

    std::shared_ptr<DomainEvent> event;
};

bool ids_are_utf8(const EventRecord& record) {
    const auto is_utf8 = [](std::string_view text) {
        return find_bad_utf8(text) == std::string_view::npos;
    };
    return is_utf8(record.aggregate_id) && is_utf8(record.execution_id) && is_utf8(record.user_id);
}

std::shared_ptr<DomainEvent> filled(const EventType& type, const EventRecord& record,
                                    std::shared_ptr<DomainEvent> event) {
    read_data(type, record.event_version, record.data, *event);
    if (!ids_are_utf8(record)) { // derived events would inherit the wrong bytes
        fill_in(record.event_id, valid_utf8(record.aggregate_id), valid_utf8(record.execution_id),
                valid_utf8(record.user_id), record.occurred_at, record.causation_id, *event);
        return event;
    }
    fill_in(record.event_id, record.aggregate_id, record.execution_id, record.user_id,
            record.occurred_at, record.causation_id, *event);
    return event;
}

} // namespace

std::string CodecError::message() const {
    const std::string_view text = what();
    return std::string{path_.empty() ? text : text.substr(path_.size() + 2)}; // colon and blank
}

CodecError CodecError::below(std::string_view parent) const {
    std::string path{parent};
    path.append(path_.empty() || path_.starts_with('[') ? "" : ".").append(path_);
    return CodecError{std::move(path), message()};
}

EventRecord read_record(std::string_view json) {
    return EventReading{json, nullptr}.record();
}

std::shared_ptr<const DomainEvent> read_event(std::string_view json) {
    CreatedEvent source;
    EventReading reading{json, &source};
    if (source.event != nullptr) {
        fill_in(reading.envelope(), *source.event);
        return std::move(source.event);
    }
    const EventRecord record = std::move(reading).record();
    if (auto event = decode(record)) {
        return event;
    }
    throw CodecError{"event_type", "this program does not know the event type \"" +
                                       internal::shown(record.event_type) +
                                       "\"; describe it, or read the event as a record"};
}

std::shared_ptr<const DomainEvent> decode(const EventRecord& record) {
    const EventType* type = concrete_type(record.event_type);
    return type != nullptr ? filled(*type, record, type->create()) : nullptr;
}

std::shared_ptr<const DomainEvent> decode(const EventRecord& record,
                                          internal::BlockMemory& memory) {
    const EventType* type = concrete_type(record.event_type);
    return type != nullptr ? filled(*type, record, type->create_in(memory)) : nullptr;
}

void detail::read_event_into(std::string_view json, const EventType& type, DomainEvent& event) {
    GivenEvent source{type, event};
    const EventReading reading{json, &source};
    const ReadEnvelope& envelope = reading.envelope();
    if (reading.event() == nullptr) {
        source.check(envelope.event_type.view());
        read_data(type, envelope.event_version, envelope.data.text, event);
    }
    fill_in(envelope, event);
}

void detail::read_value(const ValueType& type, void* value, std::string_view json,
                        Reading reading) {
    if (std::string_view rest = json;
        type.kind == Kind::object &&
        (internal::take_versioned_head(rest) || internal::is_rewritten_state(json))) {
        throw CodecError{"$version", "this is a state that was stored with its version: read it "
                                     "with bus::read_state"};
    }
    internal::read_json(json, {&type, value}, reading);
}

} // namespace bus
