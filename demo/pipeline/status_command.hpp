#pragma once

#include <string>

namespace demo {

/// `order_pipeline status`: counts by outcome. Throws bus::StoreError.
int show_status(const std::string& store_url);

/// `order_pipeline status ORDER_ID`: the order's events as a tree of causes, with times, and what
/// waits or was given up. Throws bus::StoreError.
int show_order(const std::string& store_url, const std::string& order_id);

} // namespace demo
