#pragma once

#include "demo/marketplace/financials.hpp"
#include "demo/marketplace/marketplace.hpp"
#include <bus/runtime/runtime.hpp>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string_view>

namespace demo {

/// The marketplace as the steps use it. Thread safe.
class OrdersGateway {
public:
    OrdersGateway(Marketplace& marketplace, bus::Runtime& runtime)
        : marketplace_{marketplace}, runtime_{runtime} {}

    /// The reader of the feeds calls this after each line.
    void note_line();
    /// The reader of the feeds calls this at their end.
    void note_end();

    /// The bundle of an order. Waits if the feeds are still being read and the order has not come
    /// yet: after a restart the agents handle orders whose lines have not been read again.
    /// Throws bus::Failure (not_ready) if the feeds do not contain the order.
    std::shared_ptr<const Bundle> bundle(std::string_view order_id);

    /// The financials of an order. An earlier step has checked that they are known.
    Financials financials(std::string_view order_id);

private:
    Marketplace& marketplace_;
    bus::Runtime& runtime_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool ended_ = false;
};

} // namespace demo
