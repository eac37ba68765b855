// Reads any bytes in every possible way. Accepted input must be written again, and read back as the
// same; other input must be refused with a CodecError.
#include "test/libbus/bus/event/sample_events.hpp"
#include <bus/event/codec.hpp>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

namespace {

void require(bool holds, std::string_view what) {
    if (!holds) {
        std::cerr << "does not hold: " << what << '\n';
        std::abort();
    }
}

template <class Act>
void unless_refused(Act act) {
    try {
        act();
    } catch (const bus::CodecError& error) {
        require(*error.what() != '\0', "an error says what is wrong");
    }
}

/// The result of reading: the value as JSON, or the place where it was refused.
template <class Read>
std::string outcome(Read read) {
    try {
        return read();
    } catch (const bus::CodecError& error) {
        return "refused at " + error.path();
    }
}

/// With a blank at the beginning, the parser is used instead of the reader of the expected form.
void compare_readers(std::string_view input) {
    const std::string spaced = " " + std::string{input};
    const auto value = [](std::string_view json) {
        return outcome(
            [json] { return bus::to_json_text(bus::from_json_text<sample::Everything>(json)); });
    };
    require(value(input) == value(spaced), "both readers read the same value");
    const auto event = [](std::string_view json) {
        return outcome([json] { return bus::to_json(*bus::read_event(json)); });
    };
    require(event(input) == event(spaced), "both readers read the same event");
}

template <class T>
void read_value(std::string_view input) {
    unless_refused([input] {
        const T value = bus::from_json_text<T>(input);
        const std::string json = bus::to_json_text(value);
        require(bus::from_json_text<T>(json) == value, "a value comes back equal");
        require(bus::from_json_text<T>(" " + json) == value, "so it does past the expected form");
        require(bus::from_json_text<T>(json, bus::Reading::strict) == value, "strictly too");
    });
    unless_refused([input] { (void)bus::from_json_text<T>(input, bus::Reading::strict); });
}

void read_events(std::string_view input) {
    unless_refused([input] {
        const bus::EventRecord record = bus::read_record(input);
        const std::string json = bus::to_json(record);
        require(bus::read_record(json) == record, "a record comes back equal");
        if (const auto event = bus::decode(record)) {
            require(bus::to_json(*bus::read_event(input)) == bus::to_json(*event),
                    "an event is the same by way of its record");
        }
    });
    unless_refused([input] {
        const auto event = bus::read_event(input);
        const std::string json = bus::to_json(*event);
        require(bus::to_json(*bus::read_event(json)) == json, "an event comes back equal");
        require(bus::to_json(*bus::read_event(" " + json)) == json, "past the expected form too");
        require(bus::to_json(bus::read_record(json)) == json, "and as a record");
    });
    unless_refused([input] { (void)bus::from_json<sample::EverythingHappenedEvent>(input); });
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input{reinterpret_cast<const char*>(data), size};
    compare_readers(input);
    read_events(input);
    read_value<sample::Everything>(input);
    read_value<sample::Tree>(input);
    read_value<bus::JsonText>(input);
    if (const auto time = bus::try_parse_timestamp(input)) {
        require(bus::parse_timestamp(bus::to_text(*time)) == *time, "a time comes back equal");
    }
    if (const auto uuid = bus::try_parse_uuid(input)) {
        require(bus::parse_uuid(bus::to_text(*uuid)) == *uuid, "a UUID comes back equal");
    }
    return 0;
}
