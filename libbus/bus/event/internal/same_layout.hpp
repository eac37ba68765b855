#pragma once

#include <bus/event/value_type.hpp>

namespace bus::internal {

/// Whether two tables describe structs with the same layout in memory, including all nested
/// members. If so, a function that was compiled for one struct works on the other.
[[nodiscard]] bool same_layout(const MemberTable& a, const MemberTable& b);

} // namespace bus::internal
