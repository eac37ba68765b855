#pragma once

#include <bus/event/codec.hpp>

#include <algorithm>
#include <compare>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// Events for the tests of the codec: one like those of the order domain, one with a member of
/// every kind.
namespace sample {

/// A decimal that holds only its text.
struct Amount {
    std::string text = "0";
    friend bool operator==(const Amount&, const Amount&) = default;
};

} // namespace sample

template <>
struct bus::TextTraits<sample::Amount> {
    static constexpr std::string_view expected = "a decimal such as \"12.50\"";
    static constexpr std::size_t max_chars = 64;

    static std::size_t write(const sample::Amount& amount, char* out) noexcept {
        return amount.text.copy(out, max_chars);
    }

    static bool read(std::string_view text, sample::Amount& out) noexcept {
        const auto fits = [](char c) { return (c >= '0' && c <= '9') || c == '.' || c == '-'; };
        if (text.empty() || text.size() > max_chars ||
            !std::all_of(text.begin(), text.end(), fits)) {
            return false;
        }
        out.text = text;
        return true;
    }
};

namespace sample {

enum class Colour { red, green, blue };
BOOST_DESCRIBE_ENUM(Colour, red, green, blue)

struct Line {
    std::string sku;
    std::uint32_t quantity = 0;
    Amount amount;
    friend bool operator==(const Line&, const Line&) = default;
};
BOOST_DESCRIBE_STRUCT(Line, (), (sku, quantity, amount))

struct Tree {
    std::string name;
    std::vector<Tree> children;
    friend bool operator==(const Tree&, const Tree&) = default;
};
BOOST_DESCRIBE_STRUCT(Tree, (), (name, children))

struct Everything {
    bool boolean = false;
    std::int8_t int8 = 0;
    std::int16_t int16 = 0;
    std::int32_t int32 = 0;
    std::int64_t int64 = 0;
    std::uint8_t uint8 = 0;
    std::uint16_t uint16 = 0;
    std::uint32_t uint32 = 0;
    std::uint64_t uint64 = 0;
    double float64 = 0;
    std::string string;
    bus::Timestamp timestamp{};
    bus::Uuid uuid{};
    Amount amount;
    bus::JsonText json;
    Colour colour = Colour::red;
    std::optional<std::string> optional_string;
    std::optional<Line> optional_line;
    std::vector<std::string> strings;
    std::vector<Line> lines;
    std::vector<std::optional<std::int32_t>> holes;
    std::map<std::string, std::string> names;
    std::map<std::string, std::vector<Line>> shelves;
    Tree tree;
    friend bool operator==(const Everything&, const Everything&) = default;
};
BOOST_DESCRIBE_STRUCT(Everything, (),
                      (boolean, int8, int16, int32, int64, uint8, uint16, uint32, uint64, float64,
                       string, timestamp, uuid, amount, json, colour, optional_string,
                       optional_line, strings, lines, holes, names, shelves, tree))

struct OrderCreatedEvent : bus::Event<OrderCreatedEvent> {
    std::string order_id;
    std::string marketplace;
    std::string buyer_email;
    bus::Timestamp purchase_date;
};
BUS_DESCRIBE_EVENT(OrderCreatedEvent, (order_id, marketplace, buyer_email, purchase_date),
                   bus::aggregate_id<&OrderCreatedEvent::order_id>)

struct FinancialsExtractedEvent : bus::Event<FinancialsExtractedEvent> {
    std::string order_id;
    std::optional<Amount> principal_amount;
    std::string principal_currency;
    std::optional<Amount> net_proceeds;
    std::int32_t financial_lines_count = 0;
};
BUS_DESCRIBE_EVENT(FinancialsExtractedEvent,
                   (order_id, principal_amount, principal_currency, net_proceeds,
                    financial_lines_count),
                   bus::aggregate_id<&FinancialsExtractedEvent::order_id>)

struct EverythingHappenedEvent : bus::Event<EverythingHappenedEvent> {
    std::string order_id;
    Everything all;
    std::string note;
};
BUS_DESCRIBE_EVENT(EverythingHappenedEvent, (order_id, all, note),
                   bus::aggregate_id<&EverythingHappenedEvent::order_id>)

/// An order with fixed id and time, so that its JSON is known to the last character.
inline OrderCreatedEvent order() {
    OrderCreatedEvent event;
    event.event_id = bus::parse_uuid("0190c2f4-6a54-7b1e-9b4f-3f1d2c5e7a90");
    event.occurred_at = bus::parse_timestamp("2025-09-01T00:22:59.000001Z");
    event.execution_id = "exec-123";
    event.user_id = "user-7";
    event.order_id = "TEST-001";
    event.marketplace = "amazon";
    event.buyer_email = "buyer@example.com";
    event.purchase_date = bus::parse_timestamp("2025-08-31T10:00:00Z");
    return event;
}

inline constexpr std::string_view order_json =
    R"({"event_id":"0190c2f4-6a54-7b1e-9b4f-3f1d2c5e7a90","event_type":"OrderCreatedEvent",)"
    R"("event_version":1,"aggregate_id":"TEST-001","aggregate_type":"Order",)"
    R"("execution_id":"exec-123","user_id":"user-7",)"
    R"("occurred_at":"2025-09-01T00:22:59.000001Z","data":{"order_id":"TEST-001",)"
    R"("marketplace":"amazon","buyer_email":"buyer@example.com",)"
    R"("purchase_date":"2025-08-31T10:00:00.000000Z"}})";

/// The text with the first `from` replaced.
inline std::string with(std::string_view text, std::string_view from, std::string_view to) {
    std::string result{text};
    return result.replace(result.find(from), from.size(), to);
}

} // namespace sample
