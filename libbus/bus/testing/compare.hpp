#pragma once

#include <bus/event/domain_event.hpp>
#include <bus/testing/mismatch.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace bus::testing {

/// Which members that every event gets anew count as well when events are compared.
struct Compare {
    bool event_id = false;
    bool occurred_at = false;
};

/// The first place where two values are not equal.
struct Difference {
    std::string where{};    ///< a path: `data.lines[3].amount`, `event_type`
    std::string expected{}; ///< as JSON; empty: there should be nothing
    std::string actual{};   ///< as JSON; empty: there is nothing
};

/// Compares the types, the described members, and of what all events have in common what
/// `expected` says: an execution, user, aggregate or cause that it leaves empty is not compared,
/// nor are id and time unless `compare` says so. Throws CodecError for text that is no UTF-8.
std::optional<Difference> first_difference(const DomainEvent& expected, const DomainEvent& actual,
                                           const Compare& compare = {});

/// The same of two JSON texts, whatever their blanks and the order of their members; numbers are
/// equal where their values are. Throws std::invalid_argument for text that is no JSON.
std::optional<Difference> first_difference_in_json(std::string_view expected,
                                                   std::string_view actual);

/// An event for messages: `OrderPaidEvent {"order_id":"A-1"}`.
std::string to_text(const DomainEvent& event);

/// `data.lines[3].amount: expected 5, actual nothing`.
std::string to_text(const Difference& difference);

/// Throws Mismatch where the events differ.
void expect_equal(const DomainEvent& expected, const DomainEvent& actual,
                  const Compare& compare = {}, Where where = Where::here());

/// An event that a test expects, copied, and the line that does so.
struct Expected {
    std::shared_ptr<const DomainEvent> event{};
    Where where;

    /// From any event, without a word.
    template <EventStruct E>
    Expected(const E& expected, Where at = Where::here())
        : event{std::make_shared<const E>(expected)}, where{at} {}
};

} // namespace bus::testing
