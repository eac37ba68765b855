#pragma once

#include "demo/marketplace/bundle.hpp"

#include <cstddef>
#include <string_view>

namespace demo {

/// How deep the objects and arrays of a bundle may be nested. Amazon's bundles need eight levels.
inline constexpr std::size_t max_bundle_depth = 64;

/// The most items, and the most financial entries, of a bundle. This bounds the memory that a
/// hostile line can take.
inline constexpr std::size_t max_bundle_elements = 100'000;

/// The most bytes of an order id; those of Amazon have 19.
inline constexpr std::size_t max_order_id_size = 128;

/// Reads one line of a feed directly from its JSON text, without building a document. Amounts keep
/// their text, whether they are JSON numbers or strings. Members that the rules do not use are
/// skipped.
///
/// The result is always a Bundle. It has an `ingest_problem` if the line is not a JSON object
/// (rejected) or lacks what every order has (failed). It also holds the problems that the later
/// steps have to report. A problem names the JSON path, what was expected and what was found. A
/// faulty bundle has an order id if the text contains one. A rejected bundle holds only its
/// problem.
///
/// Thread safe. Throws only std::bad_alloc.
Bundle read_bundle(std::string_view line);

} // namespace demo
