#pragma once

#include "demo/marketplace/bundle.hpp"

#include <cstddef>
#include <string_view>

namespace demo {

/// How deep a bundle's objects and arrays may be nested. Amazon's need eight levels.
inline constexpr std::size_t max_bundle_depth = 64;

/// Most items, and most financial entries, of a bundle: the memory that a hostile line can take.
inline constexpr std::size_t max_bundle_elements = 100'000;

/// Most bytes of an order id; Amazon's have 19.
inline constexpr std::size_t max_order_id_size = 128;

/// Reads one line of a feed straight from its JSON text, building no document. Amounts keep their
/// text, whether JSON numbers or strings. Members that the rules do not look at are skipped.
///
/// Whatever the text, the answer is a Bundle: with `ingest_problem` where the line is no JSON
/// object (rejected) or lacks what every order has (failed), and with the problems that the later
/// steps have to report. A problem names JSON path, what was expected and what was found. The
/// order's id is there whenever the text tells it, also in a faulty bundle; a rejected bundle holds
/// nothing but its problem.
///
/// Any thread. Throws nothing but std::bad_alloc.
Bundle read_bundle(std::string_view line);

} // namespace demo
