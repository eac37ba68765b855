#include "demo/marketplace/bundle_reader.hpp"

#include "demo/marketplace/bundle_handler.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <fmt/format.h>

#include <utility>

namespace demo {
namespace {

boost::json::parse_options strict() {
    boost::json::parse_options options;
    options.max_depth = max_bundle_depth;
    return options;
}

std::string describe(const boost::system::error_code& error, std::string_view rest) {
    if (error == boost::json::error::too_deep)
        return fmt::format("more than {} objects and arrays within each other", max_bundle_depth);
    if (error == boost::json::error::incomplete)
        return "the text ends too early";
    // the parser reports bad UTF-8 as a syntax error, but stops at the bad byte
    if (const auto byte = rest.empty() ? 0U : static_cast<unsigned char>(rest.front());
        error == boost::json::error::syntax && byte >= 0x80)
        return fmt::format("byte 0x{:02X}, which is no valid UTF-8 in this place", byte);
    return error.message();
}

Bundle rejected(const Bundle& read, OrderError error, std::string detail) {
    if (!read.order_id.empty())
        detail += fmt::format(" (the line names order {})", read.order_id);
    Bundle bundle;
    bundle.ingest_problem.emplace(error, std::string(), detail);
    return bundle;
}

} // namespace

Bundle read_bundle(std::string_view line) {
    Bundle bundle;
    boost::json::basic_parser<BundleHandler> parser(strict(), bundle);
    boost::system::error_code error;
    const std::size_t read = parser.write_some(false, line.data(), line.size(), error);
    if (!error && read < line.size())
        error = boost::json::error::extra_data;
    if (error)
        return rejected(bundle, OrderError::invalid_json,
                        fmt::format("expected a line of valid JSON, found at byte {}: {}", read + 1,
                                    describe(error, line.substr(read))));
    if (!parser.handler().is_object())
        return rejected(bundle, OrderError::not_an_object,
                        "expected a JSON object, found " +
                            (line.size() > 60 ? "another value" : quoted(line)));
    return bundle;
}

} // namespace demo
