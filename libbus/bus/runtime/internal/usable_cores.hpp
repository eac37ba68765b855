#pragma once

#include <filesystem>
#include <optional>

namespace bus::internal {

/// How many cores this process may keep busy: the cores of its affinity, or fewer if the quota of
/// its control group is smaller (rounded up). At least 1.
unsigned usable_cores();

/// The smallest quota of a control group and of the groups above it, in cores, rounded up; none if
/// there is no quota. `of_process` is /proc/self/cgroup or a file of that format. `groups` is the
/// folder where the groups are mounted, such as /sys/fs/cgroup: version 2 of the kernel's control
/// groups, or the controller `cpu` of version 1 in a folder with that name.
std::optional<unsigned> quota_in_cores(const std::filesystem::path& of_process,
                                       const std::filesystem::path& groups);

} // namespace bus::internal
