#pragma once

#include "demo/marketplace/marketplace.hpp"

#include <iosfwd>
#include <string>
#include <vector>

namespace test {

/// The outcome of an order by the rules, with the columns of the report. `reason` is the error
/// type.
struct Outcome {
    std::string order_id;
    std::string outcome; ///< `synced`, `failed`, `waiting` or `rejected`
    std::string step_failed;
    std::string principal;
    std::string net;
    std::string currency;
    std::string lines;
    std::string reason;

    /// Compares all but the reason.
    bool operator==(const Outcome& other) const;
};

std::ostream& operator<<(std::ostream& out, const Outcome& outcome);

/// The outcome of one bundle.
Outcome outcome_of(const std::string& key, const demo::Bundle& bundle);

/// The outcomes of all orders of the feeds, in the order of the feeds; each order once.
std::vector<Outcome> outcomes_of(demo::Marketplace& marketplace);

} // namespace test
