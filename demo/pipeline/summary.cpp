#include "demo/pipeline/summary.hpp"

#include <cli/terminal/format.hpp>
#include <cli/terminal/table.hpp>
#include <fmt/core.h>

#include <algorithm>

namespace demo {

namespace {

using bus::terminal::Align;
using bus::terminal::Colour;
using bus::terminal::format_count;
using bus::terminal::Look;
using bus::terminal::Table;

Colour colour_of(Outcome outcome) {
    switch (outcome) {
    case Outcome::synced: return Colour::green;
    case Outcome::failed:
    case Outcome::rejected: return Colour::red;
    default: return Colour::yellow;
    }
}

void print_failures(const Totals& totals, const Look& look) {
    if (totals.failures.empty()) {
        return;
    }
    Table table{{{"step"}, {"failure"}, {"orders", Align::right}}};
    for (const auto& [key, count] : totals.failures) {
        table.row({key.first, key.second, format_count(count)});
    }
    fmt::print("{}\n", table.render(look));
}

/// Prints the sums of the books, which must be those of the events.
void print_money(const std::vector<BooksTotals>& books, const Look& look) {
    if (books.empty()) {
        return;
    }
    Table table{{{"currency"},
                 {"invoices", Align::right},
                 {"credit notes", Align::right},
                 {"principal", Align::right},
                 {"other charges", Align::right},
                 {"promotions", Align::right},
                 {"fees", Align::right},
                 {"net", Align::right}}};
    for (const BooksTotals& sum : books) {
        table.row({sum.currency, format_count(sum.invoices), format_count(sum.credit_notes),
                   sum.principal.to_string(), sum.other_charges.to_string(),
                   sum.promotions.to_string(), sum.fees.to_string(), sum.net.to_string()});
    }
    fmt::print("{}\n", table.render(look));
}

/// The sums of the books, as far as they can be compared with the store.
std::map<std::string, Totals::Money> comparable(const Summary& summary,
                                                const std::vector<BooksTotals>& books) {
    if (summary.totals.books) {
        return *summary.totals.books;
    }
    std::map<std::string, Totals::Money> held;
    for (const BooksTotals& sum : books) {
        held[sum.currency] = {
            .orders = sum.invoices + sum.credit_notes, .principal = sum.principal, .net = sum.net};
    }
    return held;
}

/// The differences between the books and the store; should be empty.
std::vector<std::string> differences(const Summary& summary,
                                     const std::vector<BooksTotals>& books) {
    std::vector<std::string> found = summary.books.audit();
    std::map<std::string, Totals::Money> expected = summary.totals.money;
    for (const auto& [currency, held] : comparable(summary, books)) {
        const Totals::Money store = expected[currency];
        expected.erase(currency);
        if (!store.exact || !held.exact) {
            continue;
        }
        if (store.orders != held.orders || store.net != held.net ||
            store.principal != held.principal) {
            found.push_back(fmt::format(
                "{}: the store has {} synced orders, principal {}, net {}; the books have {} "
                "invoices, principal {}, net {}",
                currency, store.orders, store.principal.to_string(), store.net.to_string(),
                held.orders, held.principal.to_string(), held.net.to_string()));
        }
    }
    for (const auto& [currency, money] : expected) {
        found.push_back(fmt::format("{}: the store has {} synced orders, the books have none",
                                    currency, money.orders));
    }
    return found;
}

/// Prints a notice that the books hold invoices of orders whose events were pruned.
void print_pruned(const Summary& summary, const std::vector<BooksTotals>& books) {
    if (!summary.totals.books) {
        return;
    }
    std::int64_t invoices = 0;
    for (const BooksTotals& sum : books) {
        invoices += sum.invoices + sum.credit_notes;
    }
    for (const auto& [currency, held] : *summary.totals.books) {
        invoices -= held.orders;
    }
    if (invoices > 0) {
        fmt::print("{} invoices belong to orders that were pruned from the store: they are left "
                   "out when books and store are compared\n",
                   format_count(invoices));
    }
}

void print_work(const Summary& summary) {
    const PipelineCounts& counts = summary.counts;
    const std::int64_t settled = counts.synced + counts.failed;
    std::uint64_t retries = 0;
    std::size_t dead = 0;
    for (const bus::AgentStatus& agent : summary.stopped.agents) {
        retries += agent.failures;
        dead += agent.dead;
    }
    fmt::print("{} orders settled in {}, {}\n", format_count(settled),
               bus::terminal::format_duration(summary.took),
               bus::terminal::format_rate(static_cast<double>(settled) /
                                          std::chrono::duration<double>{summary.took}.count()));
    fmt::print("{} attempts failed, {} dead letters, {} redriven; {} notifications sent, "
               "{} could not be sent\n",
               format_count(retries), dead, counts.redriven.load(), format_count(counts.notified),
               format_count(counts.not_notified));
    if (counts.abandoned > 0) {
        fmt::print("{} dead letters were given up by the retry agent, and are left for a person\n",
                   format_count(counts.abandoned));
    }
    if (counts.repeated > 0) {
        fmt::print("{} lines repeat an order from earlier in the feed; the first one counts\n",
                   format_count(counts.repeated));
    }
    if (counts.taken == 0 && counts.known > 0) {
        const bool changed = settled != 0 || summary.totals.outcomes.contains(Outcome::open);
        fmt::print("{} all {} orders of the feed were in the store already\n",
                   changed ? "No new order:" : "Nothing changed:", format_count(counts.known));
    } else if (counts.known > 0) {
        fmt::print("{} orders of the feed were in the store already\n", format_count(counts.known));
    }
}

} // namespace

void print_outcomes(const Totals& totals, const Look& look) {
    Table table{{{"outcome"}, {"orders", Align::right}}};
    for (const auto& [outcome, count] : totals.outcomes) {
        table.row({std::string{to_string(outcome)}, format_count(count)}, colour_of(outcome));
    }
    table.rule().row({"all", format_count(totals.orders())});
    fmt::print("{}\n", table.render(look));
}

bool print_summary(const Summary& summary, const Look& look) {
    print_outcomes(summary.totals, look);
    print_failures(summary.totals, look);
    std::optional<std::vector<BooksTotals>> books;
    try {
        books = summary.books.totals();
        print_money(*books, look);
    } catch (const InexactDecimal& error) {
        fmt::print("The sums are not shown, because they would have to be rounded: {}\n\n",
                   error.what());
    }
    print_work(summary);
    for (const std::string& feed : summary.empty_feeds) {
        fmt::print("{} is empty\n", feed);
    }
    if (summary.interrupted) {
        fmt::print("interrupted{}; {} deliveries wait in the store; the same command continues\n",
                   summary.feed_ended ? "" : ", the feed was not read to its end",
                   summary.stopped.queued + summary.stopped.deferred);
    }
    const auto open = summary.totals.outcomes.find(Outcome::open);
    if (open != summary.totals.outcomes.end()) {
        fmt::print(
            "{} orders are open: run again with the feed that holds them; then the books are "
            "compared with the store\n",
            format_count(open->second));
        return true;
    }
    if (books) {
        print_pruned(summary, *books);
    }
    const std::vector<std::string> found =
        books ? differences(summary, *books) : std::vector<std::string>{};
    for (const std::string& difference : found) {
        fmt::print("{}\n", bus::terminal::paint("books and store differ: " + difference,
                                                Colour::red, look));
    }
    return found.empty();
}

} // namespace demo
