#include <bus/runtime/internal/usable_cores.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <thread>

namespace bus::internal {

namespace {

namespace fs = std::filesystem;

/// The group of the process below the mount; for version 1 that of the controller cpu. Empty if the
/// file does not name it.
std::string group_of(const fs::path& of_process, bool version_2) {
    std::ifstream in{of_process};
    for (std::string line; std::getline(in, line);) { // 4:cpu,cpuacct:/group or 0::/group
        const std::size_t first = line.find(':');
        const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
        if (second == std::string::npos) {
            continue;
        }
        const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
        if (version_2 ? controllers == ",," : controllers.find(",cpu,") != std::string::npos) {
            return line.substr(second + 1);
        }
    }
    return {};
}

std::optional<double> number_in(std::istream& in) {
    double value = 0;
    if (in >> value && value > 0) {
        return value;
    }
    return std::nullopt;
}

/// The quota in the folder of one group, in cores; none if there is no quota or no such folder.
std::optional<double> quota_of(const fs::path& folder, bool version_2) {
    if (version_2) {
        std::ifstream in{folder / "cpu.max"}; // `max 100000` if there is no quota
        const auto quota = number_in(in);
        const auto period = quota ? number_in(in) : std::nullopt;
        return period ? std::optional{*quota / *period} : std::nullopt;
    }
    std::ifstream quotas{folder / "cpu.cfs_quota_us"}; // -1 if there is no quota
    std::ifstream periods{folder / "cpu.cfs_period_us"};
    const auto quota = number_in(quotas);
    const auto period = number_in(periods);
    return quota && period ? std::optional{*quota / *period} : std::nullopt;
}

} // namespace

std::optional<unsigned> quota_in_cores(const fs::path& of_process, const fs::path& groups) {
    const bool version_2 = fs::exists(groups / "cgroup.controllers");
    const fs::path root = version_2 ? groups : groups / "cpu";
    const fs::path group = fs::path{group_of(of_process, version_2)}.relative_path();
    // In a container the mount is the group itself.
    std::optional<double> least = quota_of(root, version_2);
    fs::path folder = root;
    for (const fs::path& part : group) {
        folder /= part;
        const auto quota = quota_of(folder, version_2);
        if (quota && (!least || *quota < *least)) {
            least = quota;
        }
    }
    if (!least) {
        return std::nullopt;
    }
    constexpr double most = 65'536;
    return static_cast<unsigned>(std::ceil(std::clamp(*least, 0.1, most)));
}

unsigned usable_cores() {
    const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
    const auto quota = quota_in_cores("/proc/self/cgroup", "/sys/fs/cgroup");
    return quota ? std::min(cores, *quota) : cores;
}

} // namespace bus::internal
