#include "test/simulation/checks.hpp"

#include "demo/books/books.hpp"
#include "demo/pipeline/bound_agents.hpp"
#include "demo/pipeline/pipeline.hpp"
#include "demo/pipeline/report.hpp"
#include "test/simulation/parcels.hpp"
#include "test/simulation/request_checks.hpp"
#include <agents/control/control_agent.hpp>
#include <bus/agent/graph.hpp>
#include <bus/event/codec.hpp>
#include <bus/runtime/simulated_runtime.hpp>
#include <bus/store/memory_store.hpp>
#include <bus/store/sqlite_store.hpp>
#include <bus/store/verify.hpp>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <stdexcept>

namespace simulation {

namespace fs = std::filesystem;

namespace {

/// More than any seed has.
constexpr std::size_t most_events = 1'000'000;

std::string report_of(bus::EventStore& store, const fs::path& file) {
    demo::ReportFile report{file};
    demo::for_each_outcome(store, [&](const demo::OrderOutcome& outcome) { report.add(outcome); });
    report.close();
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

/// Without the numbers of invoice and partner, which depend on the order of work.
std::string text_of(const demo::Invoice& invoice) {
    std::string text = std::string{demo::to_string(invoice.kind)} + " of " + invoice.invoice_date +
                       ", " + invoice.currency + ' ' + invoice.order_total.to_string() + ", net " +
                       invoice.net_proceeds.to_string() + ':';
    for (const demo::InvoiceLine& line : invoice.lines) {
        text += ' ' + std::string{demo::to_string(line.kind)} + ' ' + line.type + ' ' +
                line.amount.to_string();
    }
    return text;
}

/// The invoices of the orders that a report has, by order.
std::map<std::string, std::string> invoices_of(const demo::Books& books, bus::EventStore& store) {
    std::map<std::string, std::string> result;
    demo::for_each_outcome(store, [&](const demo::OrderOutcome& outcome) {
        if (const auto invoice = books.invoice_of(outcome.order_id)) {
            result.emplace(outcome.order_id, text_of(*invoice));
        }
    });
    return result;
}

std::vector<std::string> rows(const std::string& report) {
    std::vector<std::string> result;
    std::istringstream in{report};
    for (std::string row; std::getline(in, row);) {
        result.push_back(row);
    }
    std::sort(result.begin(), result.end());
    return result;
}

/// True for events that occur once, no matter what was tried again. The others report failures.
bool is_once(const std::string& what) {
    constexpr std::array types{"BundleReceivedEvent ",      "OrderCreatedEvent ",
                               "FinancialsExtractedEvent ", "OrderValidatedEvent ",
                               "OrderSavedEvent ",          "InvoiceCreatedEvent ",
                               "OrderSyncedEvent "};
    return std::any_of(types.begin(), types.end(),
                       [&](const char* type) { return what.starts_with(type); });
}

/// True for events of the packer. The undisturbed run has none; they are compared with the log.
bool is_of_parcels(const std::string& what) {
    return what.starts_with("Parcel") || what.find(" for packing: ") != std::string::npos ||
           what.find(" for parcels: ") != std::string::npos;
}

class Checks {
public:
    Checks(World& world, const Expected& expected)
        : world_{world},
          expected_{expected},
          store_{bus::SqliteStore::open({.path = world.store(), .read_only = true})},
          whole_{world.archive.empty() ? nullptr : whole_log()},
          log_{whole_ ? *whole_ : *store_},
          books_{world.books()} {}

    std::vector<std::string> all() {
        verify();
        check_report();
        check_promises();
        check_books();
        check_events();
        check_control();
        crash::Findings findings;
        crash::check_conservation(*store_, log_, graph(), {}, findings);
        take(findings);
        take(
            check_parcels(*store_, log_, discards_asked(), world_.plan.lives.back().newer_program));
        take(pruned_too_early(*store_));
        take(check_requests(*store_, world_.asked,
                            {.clock_was_set = world_.plan.clock_set,
                             .retention = world_.plan.retention,
                             .log = log_}));
        return std::move(found_);
    }

private:
    void verify() {
        for (const bus::Finding& finding : bus::verify({.path = world_.store()}).findings) {
            if (!finding.note) {
                found_.push_back("verify: " + finding.what);
            }
        }
    }

    void check_report() {
        const std::string report = report_of(log_, world_.folder / "report.csv");
        // If commits fail, a refused line is stored later, after others.
        const bool same = world_.commits_failed ? rows(report) == rows(expected_.report)
                                                : report == expected_.report;
        if (same) {
            return;
        }
        found_.push_back("the report is not that of the undisturbed run");
        const std::vector<std::string> here = rows(report);
        const std::vector<std::string> there = rows(expected_.report);
        std::vector<std::string> differing;
        std::set_difference(here.begin(), here.end(), there.begin(), there.end(),
                            std::back_inserter(differing));
        for (const std::string& row : differing) {
            found_.push_back("  it has: " + row);
        }
        differing.clear();
        std::set_difference(there.begin(), there.end(), here.begin(), here.end(),
                            std::back_inserter(differing));
        for (const std::string& row : differing) {
            found_.push_back("  it lacks: " + row);
        }
    }

    void check_promises() {
        for (const Promise& promise : world_.promises) {
            if (!log_.find(promise.event_id)) {
                found_.push_back("lost: " + promise.what + ", " + bus::to_text(promise.event_id) +
                                 ", which was told as committed");
            }
        }
    }

    void check_books() {
        for (const std::string& sentence : books_.audit()) {
            found_.push_back("books: " + sentence);
        }
        const std::map<std::string, std::string> invoices = invoices_of(books_, log_);
        for (const auto& [order, text] : expected_.invoices) {
            const auto here = invoices.find(order);
            if (here == invoices.end() || here->second != text) {
                found_.push_back("order " + order + " should have the invoice " + text +
                                 ", and has " + (here == invoices.end() ? "none" : here->second));
            }
        }
        const demo::BooksCounts counts = books_.counts();
        const auto count = static_cast<std::size_t>(counts.invoices + counts.credit_notes);
        if (count != expected_.invoices.size()) {
            found_.push_back("the books have " + std::to_string(count) + " invoices for " +
                             std::to_string(expected_.invoices.size()) + " orders");
        }
    }

    void check_events() {
        crash::Census here = crash::events_and_rows(log_, crash::Detail::aggregates);
        crash::Census there = expected_.census;
        std::erase_if(here, [](const auto& entry) { return is_of_parcels(entry.first); });
        if (world_.commits_failed) {
            // Steps that failed for long because of the disk were given up, reported and redriven.
            std::erase_if(here, [](const auto& entry) { return !is_once(entry.first); });
            std::erase_if(there, [](const auto& entry) { return !is_once(entry.first); });
        }
        crash::Findings findings;
        crash::compare(there, here, "", findings);
        take(findings);
    }

    /// The control agent's state is the result of applying each event of an execution once.
    void check_control() {
        const bus::agents::Workflow workflow = demo::order_workflow();
        std::map<std::string, bus::agents::ExecutionState> states;
        const auto followed = workflow.event_types();
        for (const bus::StoredEvent& stored : log_.read(0, most_events)) {
            const auto event = bus::decode(stored.record);
            if (!event ||
                std::find(followed.begin(), followed.end(), &event->type()) == followed.end()) {
                continue;
            }
            const std::string key =
                bus::agents::ControlAgent::state_key(stored.record.execution_id);
            const auto known = states.find(key);
            auto next = workflow.apply(
                *event, known == states.end() ? std::nullopt : std::optional{known->second});
            if (next) {
                states.insert_or_assign(key, *std::move(next));
            }
        }
        const std::vector<bus::StateRecord> kept = store_->states(demo::control_agent_name, "");
        if (kept.size() != states.size()) {
            found_.push_back("the control agent follows " + std::to_string(kept.size()) + " of " +
                             std::to_string(states.size()) + " executions");
        }
        for (const bus::StateRecord& record : kept) {
            const auto state = states.find(record.key);
            if (state == states.end() || bus::to_json_text(state->second) != record.json) {
                found_.push_back("the control agent has " + record.json +
                                 ", where the events make " +
                                 (state == states.end() ? std::string{"nothing"}
                                                        : bus::to_json_text(state->second)));
            }
        }
    }

    /// All events that were ever in the store, at their positions, and its deliveries.
    std::unique_ptr<bus::EventStore> whole_log() {
        world_.keep(*store_);
        auto log = std::make_unique<bus::MemoryStore>();
        std::vector<bus::Part> parts;
        for (const bus::StoredEvent& event : world_.archive) {
            parts.push_back({.events = {{.record = event.record}}});
            if (event.position != parts.size()) {
                throw std::runtime_error{"the log is without event " +
                                         std::to_string(parts.size()) + ", which nobody saw"};
            }
        }
        for (const bus::AgentRecord& agent : store_->agents()) {
            bus::Part part{.agent = agent.name, .start = agent.start};
            for (const auto state : {bus::DeliveryState::deferred, bus::DeliveryState::dead,
                                     bus::DeliveryState::parked}) {
                for (bus::DeliveryRecord& row : store_->deliveries(agent.name, state)) {
                    part.put_deliveries.push_back(std::move(row));
                }
            }
            parts.push_back(std::move(part));
        }
        for (const bus::PartResult& result : log->commit(parts, true)) {
            if (result.error) {
                std::rethrow_exception(result.error);
            }
        }
        return log;
    }

    /// The graph of the pipeline and the packer, as they declare it.
    bus::EventGraph graph() const {
        const demo::RunOptions options;
        demo::Marketplace marketplace{options.feeds};
        demo::Pipeline pipeline{options,
                                marketplace,
                                {.runtime = std::make_shared<bus::SimulatedRuntime>(),
                                 .store = std::make_shared<bus::MemoryStore>()}};
        pipeline.abandon_feed();
        pipeline.bus().add(packer(world_.plan.lives.back().newer_program));
        bus::EventGraph result = pipeline.bus().graph();
        pipeline.stop(bus::Stop::now);
        return result;
    }

    std::set<bus::Position> discards_asked() const {
        std::set<bus::Position> positions;
        for (const bus::RequestRecord& request : world_.asked) {
            if (request.action == bus::DeliveryAction::discard) {
                positions.insert(request.position);
            }
        }
        return positions;
    }

    void take(const crash::Findings& findings) { take(findings.complaints); }

    void take(const std::vector<std::string>& sentences) {
        found_.insert(found_.end(), sentences.begin(), sentences.end());
    }

    World& world_;
    const Expected& expected_;
    std::unique_ptr<bus::SqliteStore> store_;
    std::unique_ptr<bus::EventStore> whole_; ///< of a store that may have been pruned
    bus::EventStore& log_;                   ///< all events that were ever in the store
    demo::Books books_;
    std::vector<std::string> found_;
};

} // namespace

Expected undisturbed(const fs::path& feed, const fs::path& folder) {
    const auto runtime = std::make_shared<bus::SimulatedRuntime>();
    const auto store = std::make_shared<bus::MemoryStore>();
    const demo::RunOptions options{.feeds = {feed.string()},
                                   .books = ":memory:",
                                   .notifications = "/dev/null",
                                   .report = {},
                                   .progress = false};
    demo::Marketplace marketplace{options.feeds};
    demo::Pipeline pipeline{options, marketplace, {.runtime = runtime, .store = store}};
    while (pipeline.feed_next()) {
    }
    pipeline.end_feed();
    while (!pipeline.settled()) {
        pipeline.pause();
    }
    pipeline.stop(bus::Stop::drain);
    return {.report = report_of(*store, folder / "expected.csv"),
            .invoices = invoices_of(pipeline.books(), *store),
            .census = crash::events_and_rows(*store, crash::Detail::aggregates)};
}

std::vector<std::string> check(World& world, const Expected& expected) {
    try {
        return Checks{world, expected}.all();
    } catch (const std::exception& error) {
        return {std::string{"it cannot be looked at: "} + error.what()};
    }
}

} // namespace simulation
