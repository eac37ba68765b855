#pragma once

#include <bus/event/domain_event.hpp>
#include <bus/event/event_record.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace bus {

/// An event or value cannot be read or written. The message says what was expected, what was found,
/// and where, as a path into the JSON (`data.lines[3].amount`).
class CodecError : public std::runtime_error {
public:
    /// An error at this path; the path is empty if the whole text is wrong.
    CodecError(std::string path, const std::string& message);

    /// Where the error is: `data.lines[3].amount`; empty for the whole text.
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    /// What is wrong there: what() without the path.
    [[nodiscard]] std::string message() const;

    /// The same error with `parent` in front of its path, for text that is a member of a larger
    /// value.
    [[nodiscard]] CodecError below(std::string_view parent) const;

private:
    std::string path_;
};

/// How to treat members that the struct does not have.
enum class Reading {
    tolerant, ///< ignore them: for events, which a newer program may have extended
    strict,   ///< report them as errors by name: for configuration files
};

/// Appends the event in the wire format to `out`: the nine members in order, then `causation_id` if
/// the event has a cause. It allocates nothing except to let `out` grow. Throws CodecError if JSON
/// cannot hold a value, such as text that is not valid UTF-8, so everything that is written can be
/// read. Throws std::logic_error if another type uses the wire name. If it throws, `out` is
/// unchanged.
void write_json(const DomainEvent& event, std::string& out);

/// The same for a stored event, of any type.
void write_json(const EventRecord& record, std::string& out);

/// The same, but it writes any record. Bytes that are not UTF-8 become U+FFFD, and `data` that is
/// not a JSON object becomes `{"not_json":"..."}`; older versions of libbus have stored both.
/// Returns false if it replaced anything.
bool write_readable_json(const EventRecord& record, std::string& out);

/// The event in the wire format. Throws what write_json() throws.
std::string to_json(const DomainEvent& event);
/// The stored event in the wire format. Throws what write_json() throws.
std::string to_json(const EventRecord& record);

/// Appends only the members of the derived struct, as one JSON object. This is the `data` that a
/// store keeps. Throws what write_json() throws.
void write_data(const DomainEvent& event, std::string& out);

/// Reads an event of any type: the nine members and the cause. `data` stays as it is, except for
/// blanks and escapes. The members may come in any order. `event_id`, `event_type`, `occurred_at`
/// and `data` are required. A missing `event_version` is 1; the other members are empty if they are
/// missing or null. A time without an offset is UTC. Unknown members beside the nine are ignored.
/// Throws CodecError, also if a member occurs twice.
EventRecord read_record(std::string_view json);

/// Reads an event of a type that this program knows. Upcasters convert older versions. Throws
/// CodecError if the text is not such an event, if the type is unknown, or if the version is newer
/// than the program's. Throws std::logic_error if several types of the program have the name and
/// none of them is in use.
std::shared_ptr<const DomainEvent> read_event(std::string_view json);

/// Turns a stored event into an event of its type. Returns nullptr if this program does not know
/// the type. Throws CodecError if `data` does not fit the type. Older versions of libbus stored ids
/// that are not UTF-8; their wrong bytes become U+FFFD.
std::shared_ptr<const DomainEvent> decode(const EventRecord& record);
/// The same, but the event is allocated in `memory`.
std::shared_ptr<const DomainEvent> decode(const EventRecord& record, internal::BlockMemory& memory);

/// Turns an event into the form in which it is stored. Throws what write_json() throws.
EventRecord encode(const DomainEvent& event);

/// Reads an event of type T. Throws CodecError, also if the text holds an event of another type.
template <EventStruct T>
T from_json(std::string_view json);

/// Writes a described struct, or another type that a member of an event may have. Agents keep their
/// state in this form, and programs their settings. Throws CodecError.
template <class T>
std::string to_json_text(const T& value);
/// Reads what to_json_text() writes. Throws CodecError.
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
