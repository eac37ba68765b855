#include "demo/marketplace/order_problem.hpp"

#include <fmt/format.h>

#include <iterator>

namespace demo {

std::string_view to_string(OrderError error) noexcept {
    switch (error) {
    case OrderError::invalid_json: return "invalid_json";
    case OrderError::not_an_object: return "not_an_object";
    case OrderError::line_too_long: return "line_too_long";
    case OrderError::missing_member: return "missing_member";
    case OrderError::wrong_type: return "wrong_type";
    case OrderError::invalid_member: return "invalid_member";
    case OrderError::invalid_amount: return "invalid_amount";
    case OrderError::inexact_amount: return "inexact_amount";
    case OrderError::mixed_currencies: return "mixed_currencies";
    case OrderError::unknown_currency: return "unknown_currency";
    case OrderError::total_mismatch: return "total_mismatch";
    case OrderError::item_price_mismatch: return "item_price_mismatch";
    case OrderError::gateway_refused: return "gateway_refused";
    }
    return "unknown";
}

OrderProblem::OrderProblem(OrderError error, std::string_view path, std::string_view detail)
    : std::runtime_error(path.empty() ? std::string(detail) : fmt::format("{}: {}", path, detail)),
      path_size_(path.size()),
      error_(error) {}

std::string quoted(std::string_view text) {
    constexpr std::size_t most = 40;
    const bool cut = text.size() > most;
    if (cut) {
        std::size_t end = most;
        // the bytes 10xxxxxx continue a UTF-8 character that began before
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
            --end;
        text = text.substr(0, end);
    }
    std::string result = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F)
            fmt::format_to(std::back_inserter(result), "\\u{:04x}", byte);
        else
            result += c;
    }
    result += cut ? "...\"" : "\"";
    return result;
}

} // namespace demo
