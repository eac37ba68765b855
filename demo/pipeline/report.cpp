#include "demo/pipeline/report.hpp"

#include <cerrno>
#include <cstring>

namespace demo {

namespace {

/// A field in the form of RFC 4180.
std::string field(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) {
        return text;
    }
    std::string quoted = "\"";
    for (const char c : text) {
        quoted += c;
        if (c == '"') {
            quoted += c;
        }
    }
    return quoted + '"';
}

std::string amount(const std::optional<Decimal>& value) {
    return value ? value->to_string() : std::string{};
}

} // namespace

ReportFile::ReportFile(std::filesystem::path path) : path_{std::move(path)}, out_{path_} {
    if (!out_) {
        throw ReportError{"report " + path_.string() + ": cannot be written (" +
                          std::strerror(errno) + "); give a path in a folder that you may write"};
    }
    out_ << "order_id,outcome,step_failed,principal_amount,net_proceeds,currency,"
            "financial_lines_count,reason\n";
}

void ReportFile::add(const OrderOutcome& outcome) {
    out_ << field(outcome.order_id) << ',' << to_string(outcome.outcome) << ','
         << field(outcome.step) << ',' << amount(outcome.principal_amount) << ','
         << amount(outcome.net_proceeds) << ',' << field(outcome.currency) << ',';
    if (outcome.financial_lines_count) {
        out_ << *outcome.financial_lines_count;
    }
    out_ << ',' << field(outcome.reason) << '\n';
}

void ReportFile::close() {
    out_.close();
    if (!out_) {
        throw ReportError{"report " + path_.string() +
                          ": writing failed, so it is incomplete; is the disk full?"};
    }
}

void Totals::add(const OrderOutcome& outcome) {
    ++outcomes[outcome.outcome];
    if (outcome.outcome == Outcome::failed || outcome.outcome == Outcome::rejected) {
        ++failures[{outcome.step, outcome.error_type}];
    }
    if (outcome.outcome == Outcome::synced && outcome.principal_amount && outcome.net_proceeds) {
        money[outcome.currency].add(*outcome.principal_amount, *outcome.net_proceeds);
    }
}

void Totals::add(const Invoice& invoice) {
    if (!books) {
        books.emplace();
    }
    Decimal principal;
    for (const InvoiceLine& line : invoice.lines) {
        if (line.is_principal()) {
            principal += line.amount; // exact, because the order's principal is the same
        }
    }
    (*books)[invoice.currency].add(principal, invoice.net_proceeds);
}

void Totals::Money::add(const Decimal& more_principal, const Decimal& more_net) {
    ++orders;
    try {
        principal += more_principal;
        net += more_net;
    } catch (const InexactDecimal&) {
        exact = false; // each order is exact, but the sum has more than 34 digits
    }
}

std::int64_t Totals::orders() const {
    std::int64_t sum = 0;
    for (const auto& [outcome, count] : outcomes) {
        sum += count;
    }
    return sum;
}

} // namespace demo
