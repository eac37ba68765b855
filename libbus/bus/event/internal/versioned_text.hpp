#pragma once

#include <string_view>

namespace bus::internal {

/// How a state that is kept with its version begins. No member of a C++ struct is called so.
inline constexpr std::string_view versioned_text_head = R"({"$version":)";

} // namespace bus::internal
