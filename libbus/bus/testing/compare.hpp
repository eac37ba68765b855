#pragma once

#include <bus/event/domain_event.hpp>
#include <bus/testing/mismatch.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace bus::testing {

/// Whether to compare the members that are new in each event. By default they are not compared.
struct Compare {
    bool event_id = false;    ///< true: ids must be equal
    bool occurred_at = false; ///< true: times must be equal
};

/// The first place where two values differ.
struct Difference {
    std::string where{};    ///< a path: `data.lines[3].amount`, `event_type`
    std::string expected{}; ///< as JSON; empty if there should be nothing
    std::string actual{};   ///< as JSON; empty if there is nothing
};

/// Compares two events: their types, their described members, and some of the members that all
/// events have. The execution, user, aggregate and cause are only compared if `expected` sets them;
/// the id and the time only if `compare` says so. Returns none if the events are equal. Throws
/// CodecError if text is not UTF-8.
std::optional<Difference> first_difference(const DomainEvent& expected, const DomainEvent& actual,
                                           const Compare& compare = {});

/// Compares two JSON texts. Blanks and the order of members do not matter, and numbers are equal if
/// their values are. Returns none if the texts are equal. Throws std::invalid_argument if a text is
/// not JSON.
std::optional<Difference> first_difference_in_json(std::string_view expected,
                                                   std::string_view actual);

/// An event as messages show it: `OrderPaidEvent {"order_id":"A-1"}`.
std::string to_text(const DomainEvent& event);

/// A difference as messages show it: `data.lines[3].amount: expected 5, actual nothing`.
std::string to_text(const Difference& difference);

/// Throws Mismatch if first_difference() finds a difference.
void expect_equal(const DomainEvent& expected, const DomainEvent& actual,
                  const Compare& compare = {}, Where where = Where::here());

/// An event that a test expects, and the line that expects it.
struct Expected {
    std::shared_ptr<const DomainEvent> event{}; ///< a copy
    Where where;                                ///< the line of the test

    /// Converts implicitly from any event.
    template <EventStruct E>
    Expected(const E& expected, Where at = Where::here())
        : event{std::make_shared<const E>(expected)}, where{at} {}
};

} // namespace bus::testing
