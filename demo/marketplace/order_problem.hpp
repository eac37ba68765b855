#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace demo {

/// What can be wrong with an order. The names, as to_string() gives them, are the `error_type` of
/// an OrderFailedEvent.
enum class OrderError : std::uint8_t {
    // the line is no order at all: rejected
    invalid_json,  ///< broken, nested too deeply, not UTF-8, or followed by something else
    not_an_object, ///< JSON, but no object
    line_too_long, ///< longer than the feed's limit, so it was not read
    // the order cannot be used: failed
    missing_member,      ///< a member that must be there is not
    wrong_type,          ///< a member is of another JSON type than it must be
    invalid_member,      ///< a member is there twice, or holds what it must not
    invalid_amount,      ///< no decimal, or one of more than 34 digits
    inexact_amount,      ///< amounts whose sum would have to be rounded
    mixed_currencies,    ///< amounts of several currencies where there must be one
    unknown_currency,    ///< no code of ISO 4217
    total_mismatch,      ///< the order's total is not the sum of its charges and promotions
    item_price_mismatch, ///< the prices of the items do not sum to the principal
    gateway_refused,     ///< an outside system understood the request and refuses it
};

/// `missing_member` and so on: the enumerator's own name.
std::string_view to_string(OrderError error) noexcept;

/// What is wrong with one order: thrown by the steps that check it, kept in the bundle by the
/// reader. A business refusal, so an outcome and not a failure: repeating does not help.
class OrderProblem : public std::runtime_error {
public:
    /// @param path where it is wrong, such as `order.OrderTotal.Amount`; may be empty
    /// @param detail what was expected and what was found; what() puts the path before it
    OrderProblem(OrderError error, std::string_view path, std::string_view detail);

    OrderError error() const noexcept { return error_; }

    /// to_string(error()), for an event's `error_type`.
    std::string_view error_type() const noexcept { return to_string(error_); }

    /// The JSON path in the bundle; empty where the line as a whole is wrong.
    std::string_view path() const noexcept { return {what(), path_size_}; }

    /// Whether the line is no order at all, as opposed to an order that cannot be used.
    bool is_rejection() const noexcept { return error_ <= OrderError::line_too_long; }

private:
    std::size_t path_size_; // what() begins with the path; a string of its own could fail to copy
    OrderError error_;
};

/// `text` between double quotes for a message: control characters escaped, and cut after about 40
/// bytes, never inside a character.
std::string quoted(std::string_view text);

} // namespace demo
