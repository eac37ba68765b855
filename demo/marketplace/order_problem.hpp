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
    // the line is not an order at all: rejected
    invalid_json,  ///< broken, nested too deeply, not UTF-8, or followed by something else
    not_an_object, ///< JSON, but not an object
    line_too_long, ///< longer than the feed's limit, so it was not read
    // the order cannot be used: failed
    missing_member,      ///< a required member is missing
    wrong_type,          ///< a member has the wrong JSON type
    invalid_member,      ///< a member occurs twice, or has an invalid value
    invalid_amount,      ///< not a decimal, or one with more than 34 digits
    inexact_amount,      ///< amounts whose sum would have to be rounded
    mixed_currencies,    ///< amounts in several currencies instead of one
    unknown_currency,    ///< not a code of ISO 4217
    total_mismatch,      ///< the order's total is not the sum of its charges and promotions
    item_price_mismatch, ///< the prices of the items do not sum to the principal
    gateway_refused,     ///< an outside system understood the request, but refused it
};

/// The enumerator's own name, such as `missing_member`.
std::string_view to_string(OrderError error) noexcept;

/// What is wrong with one order. The bundle reader keeps it in the bundle, and the steps that check
/// the order throw it. It is a business refusal, so an outcome and not a failure: repeating does
/// not help.
class OrderProblem : public std::runtime_error {
public:
    /// @param path the place of the problem, such as `order.OrderTotal.Amount`; may be empty
    /// @param detail what was expected and what was found; what() puts the path before it
    OrderProblem(OrderError error, std::string_view path, std::string_view detail);

    OrderError error() const noexcept { return error_; }

    /// to_string(error()), for an event's `error_type`.
    std::string_view error_type() const noexcept { return to_string(error_); }

    /// The JSON path in the bundle; empty if the problem concerns the whole line.
    std::string_view path() const noexcept { return {what(), path_size_}; }

    /// Whether the line is not an order at all, as opposed to an order that cannot be used.
    bool is_rejection() const noexcept { return error_ <= OrderError::line_too_long; }

private:
    std::size_t path_size_; // what() begins with the path; a separate string might throw on copy
    OrderError error_;
};

/// `text` between double quotes, for a message. Control characters are escaped, and the text is cut
/// after about 40 bytes, but never inside a character.
std::string quoted(std::string_view text);

} // namespace demo
