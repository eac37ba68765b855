#include "demo/pipeline/pipeline.hpp"

#include "demo/events/order_events.hpp"
#include "demo/pipeline/bound_agents.hpp"
#include "demo/pipeline/bundle_event.hpp"
#include "demo/pipeline/steps.hpp"
#include <agents/retry/events.hpp>
#include <bus/event/codec.hpp>
#include <bus/event/uuid.hpp>
#include <bus/runtime/system_runtime.hpp>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <mutex>

namespace demo {

namespace {

using std::chrono::milliseconds;

/// How many lines may be posted and not yet committed; enough to fill commits.
constexpr std::size_t most_posted = 1024;
/// A run does not wait for anything that is due later than this.
constexpr std::chrono::minutes patience{1};
constexpr milliseconds moment{25};

constexpr std::string_view sqlite_scheme = "sqlite:";

std::string beside(const std::string& store_url, const std::string& suffix,
                   const std::string& without_file) {
    if (!store_url.starts_with(sqlite_scheme)) {
        return without_file;
    }
    std::filesystem::path path{store_url.substr(sqlite_scheme.size())};
    const bool plain = path.extension() == ".db";
    path.replace_filename((plain ? path.stem() : path.filename()).string() + suffix);
    return path.string();
}

bus::BusOptions on(std::shared_ptr<bus::Runtime> runtime, bus::BusOptions settings) {
    settings.runtime = std::move(runtime);
    return settings;
}

} // namespace

std::string default_books(const std::string& store_url) {
    return beside(store_url, ".books.db", ":memory:");
}

std::string default_notifications(const std::string& store_url) {
    return beside(store_url, ".notifications.ndjson", "/dev/null");
}

Pipeline::Pipeline(const RunOptions& options, Marketplace& marketplace, bus::BusOptions settings)
    : marketplace_{marketplace},
      runtime_{settings.runtime ? settings.runtime : std::make_shared<bus::SystemRuntime>()},
      books_{options.books.value_or(default_books(options.store))},
      faulty_books_{books_, FaultPlan{options.fault_rate, options.seed}},
      orders_{marketplace, *runtime_},
      bus_{on(runtime_, std::move(settings))} {
    note_waiting_orders();
    count_events();
    try {
        add_agents(options);
    } catch (...) {
        orders_.note_end(); // an agent that is already running may wait for a line
        throw;
    }
}

/// Remembers which steps earlier runs have deferred because something was missing. If a feed now
/// has it, their orders can continue.
void Pipeline::note_waiting_orders() {
    bus::EventStore& store = *bus_.store();
    for (const char* agent : {step::ingest, step::extract_financials, step::validate, step::save,
                              step::invoice, step::complete}) {
        for (const auto& delivery : store.deliveries(agent, bus::DeliveryState::deferred)) {
            if (delivery.attempts.empty() ||
                delivery.attempts.back().kind != bus::FailureKind::not_ready) {
                continue;
            }
            for (const bus::StoredEvent& event : store.read(delivery.position - 1, 1)) {
                waiting_.emplace(
                    event.record.aggregate_id,
                    Waiting{agent, delivery.position, delivery.attempts.back().message});
            }
        }
    }
}

void Pipeline::count_events() {
    // Handlers of emitted events are called one after the other, so the set needs no lock. An order
    // that fails, is redriven and then synced counts once.
    const bus::SubscribeOptions options{.name = "counts"};
    subscriptions_.push_back(bus_.subscribe<OrderSyncedEvent>(
        [this](const OrderSyncedEvent& event) {
            ++counts_.synced;
            counts_.failed -= static_cast<std::int64_t>(failed_.erase(event.order_id));
        },
        options));
    subscriptions_.push_back(bus_.subscribe<OrderFailedEvent>(
        [this](const OrderFailedEvent& event) {
            counts_.failed += failed_.insert(event.order_id).second ? 1 : 0;
        },
        options));
    subscriptions_.push_back(bus_.subscribe<bus::agents::RedriveRequestedEvent>(
        [this](const bus::agents::RedriveRequestedEvent& /*event*/) { ++counts_.redriven; },
        options));
    subscriptions_.push_back(bus_.subscribe<bus::agents::RedriveAbandonedEvent>(
        [this](const bus::agents::RedriveAbandonedEvent& /*event*/) { ++counts_.abandoned; },
        options));
    subscriptions_.push_back(bus_.subscribe<NotificationSentEvent>(
        [this](const NotificationSentEvent& event) {
            ++(event.success ? counts_.notified : counts_.not_notified);
        },
        options));
}

void Pipeline::add_agents(const RunOptions& options) {
    bus_.add(control_agent());
    bus_.add(
        notification_agent(options.notifications.value_or(default_notifications(options.store))));
    bus_.add(retry_agent());
    bus_.emplace<IngestStep>(orders_);
    bus_.emplace<ExtractFinancialsStep>(orders_);
    bus_.emplace<ValidateStep>(orders_);
    bus_.emplace<SaveStep>(orders_, faulty_books_);
    bus_.emplace<InvoiceStep>(orders_, faulty_books_);
    bus_.emplace<CompleteStep>(orders_);
}

bool Pipeline::feed_next() {
    const std::optional<FeedLine> line = marketplace_.next();
    if (!line) {
        return false;
    }
    orders_.note_line();
    if (line->occurrence != Occurrence::first) {
        ++counts_.repeated;
        return true;
    }
    BundleReceivedEvent event{{}, line->key, line->feed, line->line_number};
    event.execution_id = bus::to_text(bus::next_uuid(bus_.runtime()));
    event.user_id = "order_pipeline";
    if (!line->fingerprint.empty()) {
        // In another feed, `line:N` is another line, so the stream is named after the content.
        event.own_aggregate_id =
            "line:" + std::to_string(line->line_number) + '@' + line->fingerprint;
    }
    std::string stream{event.aggregate_id()};
    posted_.push_back(
        {line->key, std::move(stream), bus_.post(std::move(event), {.expected_version = 0})});
    if (posted_.size() >= most_posted) {
        resolve_oldest();
    }
    return true;
}

void Pipeline::resolve_oldest() {
    Posted posted = std::move(posted_.front());
    posted_.pop_front();
    try {
        posted.ticket.wait();
        ++counts_.taken;
    } catch (const bus::VersionConflict&) {
        ++counts_.known;
        ask_again_for(posted);
    }
}

/// Called if a feed contains an order that the store already knows. What the order waits for may
/// exist now. But if it waits for financial events and the feed has none either, it continues to
/// wait.
void Pipeline::ask_again_for(const Posted& posted) {
    const auto [first, last] = waiting_.equal_range(posted.stream);
    for (auto entry = first; entry != last; ++entry) {
        const Waiting& waiting = entry->second;
        const auto bundle = marketplace_.bundle(posted.order_id);
        if (waiting.reason == no_financials_yet(posted.order_id) && bundle &&
            bundle->entries.empty() && !bundle->financials_problem) {
            continue;
        }
        bus_.retry_now(waiting.agent, waiting.position);
    }
}

void Pipeline::end_feed() {
    orders_.note_end();
    while (!posted_.empty()) {
        resolve_oldest();
    }
}

void Pipeline::abandon_feed() {
    orders_.note_end();
}

bool Pipeline::settled() {
    if (!bus_.idle()) {
        return false;
    }
    const bus::Timestamp horizon = bus_.runtime().now() + patience;
    const std::vector<bus::AgentStatus> agents = bus_.status();
    return std::none_of(agents.begin(), agents.end(), [horizon](const bus::AgentStatus& agent) {
        return agent.busy || (agent.next_due && *agent.next_due <= horizon);
    });
}

std::string Pipeline::trouble() {
    for (const bus::AgentStatus& agent : bus_.status()) {
        if (!agent.trouble.empty()) {
            return agent.trouble;
        }
    }
    return {};
}

void Pipeline::pause() {
    std::mutex mutex;
    std::condition_variable never;
    std::unique_lock lock{mutex};
    bus_.runtime().wait(
        lock, never, [] { return false; }, moment);
}

bus::StopReport Pipeline::stop(bus::Stop how) {
    return bus_.stop(how);
}

} // namespace demo
