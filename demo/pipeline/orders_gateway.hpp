#pragma once

#include "demo/marketplace/financials.hpp"
#include "demo/marketplace/marketplace.hpp"
#include <bus/runtime/runtime.hpp>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string_view>

namespace demo {

/// The marketplace as the steps ask it. Thread safe.
class OrdersGateway {
public:
    OrdersGateway(Marketplace& marketplace, bus::Runtime& runtime)
        : marketplace_{marketplace}, runtime_{runtime} {}

    /// To be called by whoever reads the feeds, after each line and at their end.
    void note_line();
    void note_end();

    /// The bundle of an order. Waits while the feeds are still being read and have not told it: a
    /// restarted run meets orders before it has read so far again.
    /// Throws bus::Failure (not_ready) where the feeds do not hold it.
    std::shared_ptr<const Bundle> bundle(std::string_view order_id);

    /// What the order came to, which an earlier step has found to be known.
    Financials financials(std::string_view order_id);

private:
    Marketplace& marketplace_;
    bus::Runtime& runtime_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool ended_ = false;
};

} // namespace demo
