#pragma once

#include "test/libbus/bus/store/temp_folder.hpp"

#include <sys/mount.h>

#include <filesystem>
#include <string>
#include <utility>

namespace test {

/// A disk of a test's own, in memory, where the machine allows it.
class SmallDisk {
public:
    /// `size` as tmpfs takes it: `size=2m`.
    explicit SmallDisk(std::string size) : size_{std::move(size)} {
        mounted_ = ::mount("tmpfs", path().c_str(), "tmpfs", 0, size_.c_str()) == 0;
    }

    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

    ~SmallDisk() {
        if (mounted_) {
            ::umount2(path().c_str(), MNT_DETACH);
        }
    }

    [[nodiscard]] bool mounted() const { return mounted_; }

    /// Nothing on it may be open for writing. False: the machine does not allow it.
    [[nodiscard]] bool make_read_only(bool yes) {
        const unsigned long flags =
            MS_REMOUNT | (yes ? static_cast<unsigned long>(MS_RDONLY) : 0UL);
        return ::mount("tmpfs", path().c_str(), "tmpfs", flags, size_.c_str()) == 0;
    }

    [[nodiscard]] const std::filesystem::path& path() const { return folder_.path(); }

private:
    std::string size_;
    TempFolder folder_;
    bool mounted_ = false;
};

} // namespace test
