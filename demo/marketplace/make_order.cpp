#include "demo/marketplace/generated_order.hpp"

#include <fmt/format.h>

#include <array>
#include <cstddef>

namespace demo {
namespace {

constexpr std::array<SalesChannel, 7> channels = {{
    {"Amazon.com", "MKT-US-0001", "USD", 2, 100},
    {"Amazon.de", "MKT-DE-0002", "EUR", 2, 100},
    {"Amazon.fr", "MKT-FR-0003", "EUR", 2, 100},
    {"Amazon.co.uk", "MKT-UK-0004", "GBP", 2, 80},
    {"Amazon.co.jp", "MKT-JP-0005", "JPY", 0, 110},
    {"Amazon.se", "MKT-SE-0006", "SEK", 2, 1'100},
    {"Amazon.eg", "MKT-EG-0007", "EGP", 2, 3'000},
}};

constexpr std::array<std::string_view, 16> titles = {
    "Enamel mug, blue",
    "Linen tea towel",
    R"(Desk lamp \"Aurora\")",
    "Wooden chess set",
    "Caf\xC3\xA9 cup, set of 4",
    "Cork notice board",
    "Wool blanket 130\xC3\x97"
    "170 cm",
    "Garden twine, 50 m",
    "Paper kite",
    "Brass bell",
    "Ceramic bowl \xE9\x9D\x92",
    "Letter rack",
    "Travel alarm clock",
    R"(Bicycle bell \ud83d\udd14)",
    "Felt slippers",
    "Storage tin, round",
};

/// A percentage of an amount, rounded half away from zero.
std::int64_t share(std::int64_t amount, std::int64_t percent) {
    const std::int64_t scaled = amount * percent;
    return (scaled + (scaled < 0 ? -50 : 50)) / 100;
}

GeneratedItem make_item(PortableRandom& random, const SalesChannel& channel) {
    GeneratedItem item;
    const auto article = random.below(4'000);
    item.sku = fmt::format("SKU-{:04}-{}", article, "ABCD"[article % 4]);
    item.asin = fmt::format("B0{:08X}", article * 2'654'435'761U % 4'294'967'296U);
    item.title = titles[article % titles.size()];
    item.quantity = random.chance(7'000) ? 1 : random.between(2, 6);
    const std::int64_t each = random.between(channel.price_unit * 2, channel.price_unit * 60);
    item.price = each * item.quantity;
    item.tax = random.chance(4'000) ? share(item.price, 20) : 0;
    item.shipping = random.chance(3'000) ? share(channel.price_unit, 499) : 0;
    item.promotion = random.chance(1'500) ? -share(item.price, 10) : 0;
    item.commission = -share(item.price, 15);
    item.fulfilment = -share(channel.price_unit, 310) * item.quantity;
    return item;
}

/// Turns a sale into the return of everything sold. Of the fees only the commission is refunded,
/// less a fifth that the marketplace keeps.
void turn_into_refund(GeneratedItem& item) {
    item.price = -item.price;
    item.tax = -item.tax;
    item.shipping = -item.shipping;
    item.promotion = -item.promotion;
    item.commission = share(-item.commission, 80);
    item.fulfilment = 0;
}

/// A different id for each number. The middle part takes all of its values, in an order that looks
/// random, before the first part changes.
std::string make_id(PortableRandom& random, std::uint64_t number) {
    constexpr std::uint64_t firsts = 1'000;
    constexpr std::uint64_t middles = 10'000'000;
    constexpr std::uint64_t step = 3'728'561; // has no common divisor with `middles`
    return fmt::format("{:03}-{:07}-{:07}", (number / middles + 301) % firsts,
                       (number % middles * step + 4'190'277) % middles, random.below(middles));
}

} // namespace

GeneratedOrder make_order(PortableRandom& random, std::uint64_t number, std::int64_t purchased) {
    GeneratedOrder order;
    order.id = make_id(random, number);
    order.purchased = purchased;
    order.updated = purchased + random.between(0, 86'400);
    order.posted = order.updated + random.between(3'600, 172'800);
    if (!random.chance(1'000))
        order.buyer = fmt::format("buyer{}@customers.example", random.below(100'000));
    order.channel = &channels[random.below(channels.size())];
    order.refund = random.chance(800);
    order.amounts_as_strings = random.chance(1'200);
    const std::int64_t items = random.chance(5'500) ? 1 : random.between(2, 5);
    for (std::int64_t i = 0; i < items; ++i) {
        order.items.push_back(make_item(random, *order.channel));
        if (order.refund)
            turn_into_refund(order.items.back());
    }
    if (random.chance(600))
        order.order_fee = -share(order.channel->price_unit, 150);
    return order;
}

} // namespace demo
