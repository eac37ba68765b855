#include "outcomes.hpp"

#include "demo/marketplace/financials.hpp"

#include <ostream>
#include <stdexcept>

namespace test {

bool Outcome::operator==(const Outcome& other) const {
    return order_id == other.order_id && outcome == other.outcome &&
           step_failed == other.step_failed && principal == other.principal && net == other.net &&
           currency == other.currency && lines == other.lines;
}

std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
    return out << outcome.order_id << ',' << outcome.outcome << ',' << outcome.step_failed << ','
               << outcome.principal << ',' << outcome.net << ',' << outcome.currency << ','
               << outcome.lines << ',' << outcome.reason;
}

Outcome outcome_of(const std::string& key, const demo::Bundle& bundle) {
    const auto ended = [&](std::string outcome, std::string step, std::string_view reason) {
        return Outcome{key, std::move(outcome), std::move(step), "", "", "",
                       "",  std::string(reason)};
    };
    if (bundle.ingest_problem)
        return ended(bundle.is_rejected() ? "rejected" : "failed", "ingest",
                     bundle.ingest_problem->error_type());
    std::string step = "extract_financials";
    try {
        const auto financials = demo::extract_financials(bundle);
        if (!financials)
            return ended("waiting", step, "");
        step = "validate";
        demo::validate(bundle, *financials);
        return {key,
                "synced",
                "",
                financials->principal.to_string(),
                financials->net.to_string(),
                financials->currency,
                std::to_string(financials->lines.size()),
                ""};
    } catch (const demo::OrderProblem& problem) {
        return ended("failed", step, problem.error_type());
    }
}

std::vector<Outcome> outcomes_of(demo::Marketplace& marketplace) {
    std::vector<Outcome> outcomes;
    while (const auto line = marketplace.next()) {
        if (line->occurrence != demo::Occurrence::first)
            continue;
        const auto bundle = marketplace.bundle(line->key);
        if (!bundle)
            throw std::logic_error("no bundle for " + line->key);
        outcomes.push_back(outcome_of(line->key, *bundle));
    }
    return outcomes;
}

} // namespace test
