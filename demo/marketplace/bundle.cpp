#include "demo/marketplace/bundle.hpp"

#include <fmt/format.h>

namespace demo {
namespace {

std::string_view amount_member(EntryKind kind) noexcept {
    switch (kind) {
    case EntryKind::charge: return "ChargeAmount";
    case EntryKind::fee: return "FeeAmount";
    case EntryKind::promotion: return "PromotionAmount";
    }
    return "";
}

} // namespace

std::string_view to_string(EntryKind kind) noexcept {
    switch (kind) {
    case EntryKind::charge: return "charge";
    case EntryKind::fee: return "fee";
    case EntryKind::promotion: return "promotion";
    }
    return "";
}

std::string FinancialEntry::path() const {
    std::string path = fmt::format("financialEvents.{}[{}].", place.event_list, place.event);
    if (!place.item_list.empty())
        path += fmt::format("{}[{}].", place.item_list, place.item);
    return path + fmt::format("{}[{}]", place.list, place.entry);
}

std::string FinancialEntry::amount_path() const {
    return fmt::format("{}.{}.CurrencyAmount", path(), amount_member(kind));
}

std::string FinancialEntry::currency_path() const {
    return fmt::format("{}.{}.CurrencyCode", path(), amount_member(kind));
}

} // namespace demo
