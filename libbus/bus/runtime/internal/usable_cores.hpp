#pragma once

#include <filesystem>
#include <optional>

namespace bus::internal {

/// How many cores this process may keep busy: those of its affinity, or fewer where the quota of
/// its control group is less, rounded up. At least 1.
unsigned usable_cores();

/// What the quotas of a control group and of those above it leave, rounded up; none: no quota.
/// `of_process` is /proc/self/cgroup or a file like it, `groups` the folder where the groups are
/// mounted, /sys/fs/cgroup: version 2 of the kernel's control groups, or the controller `cpu` of
/// version 1 in a folder of that name.
std::optional<unsigned> quota_in_cores(const std::filesystem::path& of_process,
                                       const std::filesystem::path& groups);

} // namespace bus::internal
