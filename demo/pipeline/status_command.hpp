#pragma once

#include <string>

namespace demo {

/// `order_pipeline status`: counts by outcome. Returns the exit code. Throws bus::StoreError.
int show_status(const std::string& store_url);

/// `order_pipeline status ORDER_ID`: the order's events as a tree of causes, with times and with
/// the steps that wait or were given up. Returns the exit code. Throws bus::StoreError.
int show_order(const std::string& store_url, const std::string& order_id);

} // namespace demo
