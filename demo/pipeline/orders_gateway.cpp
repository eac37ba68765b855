#include "demo/pipeline/orders_gateway.hpp"

#include <bus/event/failure.hpp>

#include <string>

namespace demo {

namespace {

/// After this time a step looks again for an order that the feeds of this run do not contain.
constexpr std::chrono::hours look_again{1};

} // namespace

void OrdersGateway::note_line() {
    // With the lock, no waiter is missed that has looked for its order and is about to wait.
    const std::lock_guard lock{mutex_};
    changed_.notify_all();
}

void OrdersGateway::note_end() {
    const std::lock_guard lock{mutex_};
    ended_ = true;
    changed_.notify_all();
}

std::shared_ptr<const Bundle> OrdersGateway::bundle(std::string_view order_id) {
    std::shared_ptr<const Bundle> bundle = marketplace_.bundle(order_id);
    if (!bundle) {
        std::unique_lock lock{mutex_};
        runtime_.wait(lock, changed_, [&] {
            bundle = marketplace_.bundle(order_id);
            return bundle || ended_;
        });
    }
    if (!bundle) {
        throw bus::Failure::not_ready("order " + std::string{order_id} +
                                          " is in the store, but not in the feeds of this run; "
                                          "give the feed that holds it again",
                                      bus::Duration{look_again});
    }
    return bundle;
}

Financials OrdersGateway::financials(std::string_view order_id) {
    std::optional<Financials> financials = extract_financials(*bundle(order_id));
    if (!financials) {
        throw bus::Failure::transient("order " + std::string{order_id} +
                                      ": the feed had its financial events before, and no longer "
                                      "has them; give the same feed again");
    }
    return std::move(*financials);
}

} // namespace demo
