#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace test {

/// The committed sample of 300 orders.
std::string sample_feed();

/// A feed of the generator, as text.
std::string generated_feed(std::uint64_t orders, std::uint64_t seed);

/// An order that goes through: a charge of 10.00 and a fee of -1.50, net 8.50 GBP.
std::string good_line(const std::string& order_id);

/// The content of a gzip file.
std::string gunzip(const std::filesystem::path& path);

/// A CSV file with a head line, rows by the first column; `reason` may hold commas in quotes.
using Row = std::map<std::string, std::string>;
std::vector<Row> read_csv(const std::filesystem::path& path);

/// The row of an order; throws std::runtime_error if there is none.
const Row& row_of(const std::vector<Row>& rows, const std::string& order_id);

} // namespace test
