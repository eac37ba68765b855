#include <bus/event/codec.hpp>
#include <bus/testing/compare.hpp>
#include <bus/testing/mismatch.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <stdexcept>

namespace bus::testing {

namespace {

namespace json = boost::json;

std::string in_quotes(std::string_view text) {
    return json::serialize(json::string{text.data(), text.size()});
}

/// Whether two numbers are equal if at least one is a double: 1 equals 1.0. (Two integers are
/// compared exactly, elsewhere.)
bool equal_numbers(const json::value& a, const json::value& b) {
    return a.is_number() && b.is_number() && (a.is_double() || b.is_double()) &&
           a.to_number<double>() == b.to_number<double>();
}

std::optional<Difference> differ(const json::value& expected, const json::value& actual,
                                 const std::string& path);

std::optional<Difference> differ(const json::object& expected, const json::object& actual,
                                 const std::string& path) {
    const std::string prefix = path.empty() ? "" : path + '.';
    for (const auto& [key, value] : expected) {
        const std::string place = prefix + std::string{key};
        const json::value* other = actual.if_contains(key);
        if (other == nullptr) {
            return Difference{place, json::serialize(value), {}};
        }
        if (auto found = differ(value, *other, place)) {
            return found;
        }
    }
    for (const auto& [key, value] : actual) {
        if (!expected.contains(key)) {
            return Difference{prefix + std::string{key}, {}, json::serialize(value)};
        }
    }
    return std::nullopt;
}

std::optional<Difference> differ(const json::array& expected, const json::array& actual,
                                 const std::string& path) {
    for (std::size_t i = 0; i < std::max(expected.size(), actual.size()); ++i) {
        const std::string place = path + '[' + std::to_string(i) + ']';
        if (i >= actual.size()) {
            return Difference{place, json::serialize(expected[i]), {}};
        }
        if (i >= expected.size()) {
            return Difference{place, {}, json::serialize(actual[i])};
        }
        if (auto found = differ(expected[i], actual[i], place)) {
            return found;
        }
    }
    return std::nullopt;
}

std::optional<Difference> differ(const json::value& expected, const json::value& actual,
                                 const std::string& path) {
    if (expected.is_object() && actual.is_object()) {
        return differ(expected.get_object(), actual.get_object(), path);
    }
    if (expected.is_array() && actual.is_array()) {
        return differ(expected.get_array(), actual.get_array(), path);
    }
    if (expected == actual || equal_numbers(expected, actual)) {
        return std::nullopt;
    }
    return Difference{path, json::serialize(expected), json::serialize(actual)};
}

json::value parsed(std::string_view text) {
    boost::system::error_code error;
    json::value value = json::parse({text.data(), text.size()}, error);
    if (error) {
        throw std::invalid_argument{"this is not JSON (" + error.message() +
                                    "): " + std::string{text}};
    }
    return value;
}

std::string data_of(const DomainEvent& event) {
    std::string data;
    write_data(event, data);
    return data;
}

/// Compares the members that all events have.
std::optional<Difference> differ_in_frame(const DomainEvent& expected, const DomainEvent& actual,
                                          const Compare& compare) {
    const auto texts = [](const char* where, std::string_view wanted,
                          std::string_view is) -> std::optional<Difference> {
        if (wanted.empty() || wanted == is) {
            return std::nullopt;
        }
        return Difference{where, in_quotes(wanted), in_quotes(is)};
    };
    if (auto found = texts("aggregate_id", expected.own_aggregate_id, actual.aggregate_id())) {
        return found;
    }
    if (auto found = texts("execution_id", expected.execution_id, actual.execution_id)) {
        return found;
    }
    if (auto found = texts("user_id", expected.user_id, actual.user_id)) {
        return found;
    }
    if (!expected.causation_id.is_nil() && expected.causation_id != actual.causation_id) {
        return Difference{"causation_id", in_quotes(bus::to_text(expected.causation_id)),
                          in_quotes(bus::to_text(actual.causation_id))};
    }
    if (compare.event_id && expected.event_id != actual.event_id) {
        return Difference{"event_id", in_quotes(bus::to_text(expected.event_id)),
                          in_quotes(bus::to_text(actual.event_id))};
    }
    if (compare.occurred_at && expected.occurred_at != actual.occurred_at) {
        return Difference{"occurred_at", in_quotes(bus::to_text(expected.occurred_at)),
                          in_quotes(bus::to_text(actual.occurred_at))};
    }
    return std::nullopt;
}

} // namespace

std::optional<Difference> first_difference_in_json(std::string_view expected,
                                                   std::string_view actual) {
    return expected == actual ? std::nullopt : differ(parsed(expected), parsed(actual), {});
}

std::optional<Difference> first_difference(const DomainEvent& expected, const DomainEvent& actual,
                                           const Compare& compare) {
    if (&expected.type() != &actual.type()) {
        return Difference{"event_type", in_quotes(expected.event_type()),
                          in_quotes(actual.event_type())};
    }
    const std::string wanted = data_of(expected);
    const std::string is = data_of(actual);
    if (wanted != is) {
        if (auto found = differ(parsed(wanted), parsed(is), "data")) {
            return found;
        }
    }
    return differ_in_frame(expected, actual, compare);
}

std::string to_text(const DomainEvent& event) {
    return std::string{event.event_type()} + ' ' + data_of(event);
}

void expect_equal(const DomainEvent& expected, const DomainEvent& actual, const Compare& compare,
                  Where where) {
    if (const auto difference = first_difference(expected, actual, compare)) {
        throw Mismatch{"the event differs\n  first difference: " + to_text(*difference) +
                           "\n  expected: " + to_text(expected) +
                           "\n  actual:   " + to_text(actual),
                       where};
    }
}

std::string to_text(const Difference& difference) {
    const auto or_nothing = [](const std::string& json) {
        return json.empty() ? std::string{"nothing"} : json;
    };
    return (difference.where.empty() ? "" : difference.where + ": ") + "expected " +
           or_nothing(difference.expected) + ", actual " + or_nothing(difference.actual);
}

} // namespace bus::testing
