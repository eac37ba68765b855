#pragma once

#include <bus/event/domain_event.hpp>
#include <bus/event/event_record.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace bus {

/// Text that is no event, or no event of the wanted type: says what was expected, what was found
/// and where, as a path into the JSON (`data.lines[3].amount`).
class CodecError : public std::runtime_error {
public:
    CodecError(std::string path, const std::string& message);

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    /// What is wrong there: what() without the path.
    [[nodiscard]] std::string message() const;

    /// The same error, where the text that was read is a member of something larger.
    [[nodiscard]] CodecError below(std::string_view parent) const;

private:
    std::string path_;
};

/// How strictly to read.
enum class Reading {
    tolerant, ///< unknown members are ignored: for events, which others may have extended
    strict,   ///< unknown members are errors that name them: for configuration
};

/// Appends the event in the wire format to `out`: the nine members in order, then `causation_id`
/// where there is one. Allocates nothing but the growth of `out`. Text that is no valid UTF-8 is
/// refused with CodecError, so that what is written can be read.
void write_json(const DomainEvent& event, std::string& out);

/// Appends a kept event, of whatever type, in the wire format.
void write_json(const EventRecord& record, std::string& out);

/// The same of whatever the record holds: what is no UTF-8, as older versions of libbus have
/// stored, becomes U+FFFD, and `data` that is no JSON object becomes `{"not_json":"..."}`. False if
/// something was replaced.
bool write_readable_json(const EventRecord& record, std::string& out);

/// The event in the wire format.
std::string to_json(const DomainEvent& event);
std::string to_json(const EventRecord& record);

/// Appends only the members of the derived struct, as one JSON object: what the store keeps.
void write_data(const DomainEvent& event, std::string& out);

/// Reads an event of whatever type whole: the nine members and the cause, `data` as it is but for
/// blanks and escapes. The members come in any order. `event_id`, `event_type`, `occurred_at` and
/// `data` are required; `event_version` is 1 where it is missing, and the others are empty, also
/// where they are null. A time without an offset is UTC; unknown members beside the nine are
/// ignored; a member that comes twice is an error. Throws CodecError.
EventRecord read_record(std::string_view json);

/// Reads an event of a type that this program knows; older versions go through the upcasters.
/// Throws CodecError where it cannot, also for an unknown type or a version newer than ours, and
/// std::logic_error where several types of the program have the name and none is in use.
std::shared_ptr<const DomainEvent> read_event(std::string_view json);

/// Turns a kept event into one of its type. nullptr: this program does not know the type.
/// Throws CodecError where `data` does not fit the type. Ids that are no UTF-8, as older versions
/// of libbus have stored, come with U+FFFD.
std::shared_ptr<const DomainEvent> decode(const EventRecord& record);
/// The same; the event lies in a block of memory with others.
std::shared_ptr<const DomainEvent> decode(const EventRecord& record, internal::BlockMemory& memory);

/// Turns an event into what is kept of it. Throws CodecError as write_json does.
EventRecord encode(const DomainEvent& event);

/// Reads an event of type T. Throws CodecError, also where the text holds another type.
template <EventStruct T>
T from_json(std::string_view json);

/// Writes and reads any described struct: agents keep their state so, programs their settings.
template <class T>
std::string to_json_text(const T& value);
template <class T>
T from_json_text(std::string_view json, Reading reading = Reading::tolerant);

namespace detail {

void read_event_into(std::string_view json, const EventType& type, DomainEvent& event);
void write_value(const ValueType& type, const void* value, std::string& out);
void read_value(const ValueType& type, void* value, std::string_view json, Reading reading);

} // namespace detail

template <EventStruct T>
T from_json(std::string_view json) {
    const UnstampedScope unstamped;
    T event;
    detail::read_event_into(json, event_type<T>(), event);
    return event;
}

template <class T>
std::string to_json_text(const T& value) {
    std::string out;
    detail::write_value(value_type<T>, &value, out);
    return out;
}

template <class T>
T from_json_text(std::string_view json, Reading reading) {
    T value{};
    detail::read_value(value_type<T>, &value, json, reading);
    return value;
}

} // namespace bus
