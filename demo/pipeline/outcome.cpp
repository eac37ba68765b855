#include "demo/pipeline/outcome.hpp"

#include "demo/events/order_events.hpp"
#include "demo/marketplace/order_problem.hpp"
#include "demo/pipeline/bundle_event.hpp"
#include "demo/pipeline/steps.hpp"
#include <bus/event/codec.hpp>

#include <algorithm>
#include <array>

namespace demo {

namespace {

constexpr std::size_t page_size = 1000;
/// More events than an execution ever has. A redrive adds only a few.
constexpr std::size_t most_events = 10'000;

bool is_rejection(std::string_view error_type) {
    constexpr std::array rejections{OrderError::invalid_json, OrderError::not_an_object,
                                    OrderError::line_too_long};
    return std::any_of(rejections.begin(), rejections.end(),
                       [&](OrderError error) { return to_string(error) == error_type; });
}

template <class E>
const E* as(const std::shared_ptr<const bus::DomainEvent>& event) {
    return event ? bus::event_cast<E>(*event) : nullptr;
}

void take_failure(OrderOutcome& outcome, const OrderFailedEvent& failed) {
    outcome.outcome = is_rejection(failed.error_type) ? Outcome::rejected : Outcome::failed;
    outcome.step = failed.step_failed;
    outcome.error_type = failed.error_type;
    outcome.reason = failed.error_message;
}

/// If the order's delivery to extract_financials is deferred, the order is waiting.
void take_waiting(OrderOutcome& outcome, bus::EventStore& store, bus::Position created) {
    const auto delivery = store.delivery(step::extract_financials, created);
    if (delivery && delivery->state == bus::DeliveryState::deferred &&
        !delivery->attempts.empty() &&
        delivery->attempts.back().message == no_financials_yet(outcome.order_id)) {
        outcome.outcome = Outcome::waiting;
        outcome.step = step::extract_financials;
        outcome.reason = delivery->attempts.back().message;
    }
}

} // namespace

std::string_view to_string(Outcome outcome) noexcept {
    switch (outcome) {
    case Outcome::synced: return "synced";
    case Outcome::failed: return "failed";
    case Outcome::rejected: return "rejected";
    case Outcome::waiting: return "waiting";
    case Outcome::open: break;
    }
    return "open";
}

OrderOutcome outcome_of(bus::EventStore& store, const bus::StoredEvent& received) {
    OrderOutcome outcome;
    bus::Position created = 0;
    std::optional<FinancialsExtractedEvent> financials;
    bool synced = false;
    for (const bus::StoredEvent& stored :
         store.read_execution(received.record.execution_id, 0, most_events)) {
        const auto event = bus::decode(stored.record);
        if (const auto* begin = as<BundleReceivedEvent>(event)) {
            outcome.order_id = begin->order_id;
        } else if (as<OrderCreatedEvent>(event) != nullptr) {
            created = stored.position;
        } else if (const auto* extracted = as<FinancialsExtractedEvent>(event)) {
            financials = *extracted;
        } else if (const auto* failed = as<OrderFailedEvent>(event); failed != nullptr && !synced) {
            take_failure(outcome, *failed);
        } else if (const auto* done = as<OrderSyncedEvent>(event)) {
            synced = true;
            outcome = {.order_id = outcome.order_id,
                       .outcome = Outcome::synced,
                       .principal_amount = done->principal_amount,
                       .net_proceeds = done->net_proceeds};
        }
    }
    if (synced && financials) {
        outcome.currency = financials->principal_currency;
        outcome.financial_lines_count = financials->financial_lines_count;
    }
    if (outcome.outcome == Outcome::open && created != 0 && !financials) {
        take_waiting(outcome, store, created);
    }
    return outcome;
}

void for_each_outcome(bus::EventStore& store,
                      const std::function<void(const OrderOutcome&)>& each) {
    bus::Position after = 0;
    for (;;) {
        const auto page =
            store.read_type(bus::event_type<BundleReceivedEvent>().name(), after, page_size);
        for (const bus::StoredEvent& received : page) {
            each(outcome_of(store, received));
        }
        if (page.size() < page_size) {
            return;
        }
        after = page.back().position;
    }
}

} // namespace demo
