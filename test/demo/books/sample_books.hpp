#pragma once

#include "demo/books/books.hpp"

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>

/// Shared by the tests of the books.
namespace books_test {

/// A folder for a test, which is removed with its content.
class Folder {
public:
    Folder() {
        static std::atomic<int> count = 0;
        path_ = std::filesystem::temp_directory_path() /
                ("libbus_books_" + std::to_string(::getpid()) + "_" + std::to_string(++count));
        std::filesystem::create_directories(path_);
    }

    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::filesystem::path operator/(const char* name) const { return path_ / name; }

    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

inline demo::Decimal dec(std::string_view text) {
    return demo::Decimal::parse(text);
}

inline demo::OrderEntry order(const std::string& id) {
    return {.order_id = id,
            .marketplace = "Amazon.co.uk",
            .buyer_email = "",
            .purchase_date = "2025-09-01T00:22:59Z",
            .currency = "GBP",
            .principal_amount = dec("396.00"),
            .net_proceeds = dec("306.62"),
            .financial_lines_count = 4};
}

inline demo::InvoiceRequest request(const std::string& id) {
    using demo::LineKind;
    return {.order_id = id,
            .idempotency_key = "invoice:" + id,
            .invoice_date = std::chrono::year(2025) / 9 / 1,
            .currency = "GBP",
            .order_total = dec("408.00"),
            .net_proceeds = dec("306.62"),
            .lines = {{LineKind::charge, "Principal", dec("396.00")},
                      {LineKind::charge, "ShippingCharge", dec("32.000")},
                      {LineKind::fee, "Commission", dec("-101.38")},
                      {LineKind::promotion, "Coupon", dec("-20.0")}}};
}

/// The invoice request that refunds the order of `order(id)`.
inline demo::InvoiceRequest refund(const std::string& id) {
    auto result = request(id);
    result.order_total = -result.order_total;
    result.net_proceeds = -result.net_proceeds;
    for (auto& line : result.lines)
        line.amount = -line.amount;
    return result;
}

inline demo::OrderEntry refunded_order(const std::string& id) {
    auto result = order(id);
    result.principal_amount = -result.principal_amount;
    result.net_proceeds = -result.net_proceeds;
    return result;
}

/// Whether the message of `error` holds `part`; for BOOST_CHECK_EXCEPTION.
inline auto says(std::string part) {
    return [part = std::move(part)](const std::exception& error) {
        return std::string_view(error.what()).find(part) != std::string_view::npos;
    };
}

} // namespace books_test
