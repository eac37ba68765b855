#pragma once

#include <bus/event/value_type.hpp>

namespace bus::internal {

/// Whether two tables describe structs that lie in memory alike, down to the last nested member: a
/// function that was compiled for one may then be given the other.
[[nodiscard]] bool same_layout(const MemberTable& a, const MemberTable& b);

} // namespace bus::internal
