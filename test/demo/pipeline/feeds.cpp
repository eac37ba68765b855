#include "feeds.hpp"

#include "demo/marketplace/generator.hpp"

#include "program.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <memory>
#include <sstream>
#include <stdexcept>

namespace test {

namespace {

/// The next field of a CSV text (RFC 4180), and what ended it: ',' or '\n'.
char next_field(std::istream& in, std::string& field) {
    field.clear();
    bool quoted = false;
    for (int c = in.get(); c != std::istream::traits_type::eof(); c = in.get()) {
        const char letter = static_cast<char>(c);
        if (letter == '"') {
            if (quoted && in.peek() == '"') {
                field += static_cast<char>(in.get());
            } else {
                quoted = !quoted;
            }
        } else if (!quoted && (letter == ',' || letter == '\n')) {
            return letter;
        } else if (letter != '\r' || quoted) {
            field += letter;
        }
    }
    return '\n';
}

} // namespace

std::string sample_feed() {
    return LIBBUS_SOURCE_DIR "/demo/sample/orders.ndjson";
}

std::string generated_feed(std::uint64_t orders, std::uint64_t seed) {
    std::ostringstream out;
    demo::generate(orders, seed, out);
    return out.str();
}

std::string good_line(const std::string& order_id) {
    return R"({"order":{"AmazonOrderId":")" + order_id +
           R"(","PurchaseDate":"2025-03-01T10:00:00Z","LastUpdateDate":"2025-03-01T10:00:00Z",)"
           R"("OrderStatus":"Shipped","SalesChannel":"Amazon.co.uk","OrderTotal":)"
           R"({"CurrencyCode":"GBP","Amount":"10.00"}},"orderItems":[{"SellerSKU":"A",)"
           R"("OrderItemId":"1","QuantityOrdered":1,"ItemPrice":{"CurrencyCode":"GBP",)"
           R"("Amount":"10.00"}}],"financialEvents":{"ShipmentEventList":[{"ShipmentItemList":)"
           R"([{"ItemChargeList":[{"ChargeType":"Principal","ChargeAmount":{"CurrencyCode":"GBP",)"
           R"("CurrencyAmount":10.00}}],"ItemFeeList":[{"FeeType":"Commission","FeeAmount":)"
           R"({"CurrencyCode":"GBP","CurrencyAmount":-1.50}}]}]}]}})"
           "\n";
}

std::string gunzip(const std::filesystem::path& path) {
    const std::unique_ptr<gzFile_s, int (*)(gzFile)> file{gzopen(path.c_str(), "rb"), gzclose};
    if (!file) {
        throw std::runtime_error{"cannot open " + path.string()};
    }
    std::string text;
    std::array<char, 65536> buffer{};
    for (;;) {
        const int count = gzread(file.get(), buffer.data(), static_cast<unsigned>(buffer.size()));
        if (count < 0) {
            throw std::runtime_error{"cannot read " + path.string()};
        }
        if (count == 0) {
            return text;
        }
        text.append(buffer.data(), static_cast<std::size_t>(count));
    }
}

std::vector<Row> read_csv(const std::filesystem::path& path) {
    std::istringstream in{read_file(path)};
    std::vector<std::string> head;
    std::string field;
    char end = ',';
    while (end == ',') {
        end = next_field(in, field);
        head.push_back(field);
    }
    std::vector<Row> rows;
    while (in.peek() != std::istream::traits_type::eof()) {
        Row row;
        for (const std::string& name : head) {
            next_field(in, field);
            row.emplace(name, field);
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

const Row& row_of(const std::vector<Row>& rows, const std::string& order_id) {
    const auto found = std::find_if(rows.begin(), rows.end(),
                                    [&](const Row& row) { return row.at("order_id") == order_id; });
    if (found == rows.end()) {
        throw std::runtime_error{"the report has no order " + order_id};
    }
    return *found;
}

} // namespace test
