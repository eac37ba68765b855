#pragma once

#include "test/support/needs.hpp"
#include "test/support/temp_folder.hpp"

#include <boost/test/unit_test.hpp>
#include <sys/mount.h>

#include <filesystem>
#include <string>
#include <utility>

namespace test {

/// A disk in memory for one test, if the machine allows it: BOOST_AUTO_TEST_CASE(name,
/// *where_a_disk_can_be_mounted).
class SmallDisk {
public:
    /// `size` is an option of tmpfs, such as `size=2m`.
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

    /// No file on it may be open for writing. False: the machine does not allow it.
    [[nodiscard]] bool make_read_only(bool yes) {
        return mount_again(yes ? static_cast<unsigned long>(MS_RDONLY) : 0UL);
    }

    [[nodiscard]] bool resize(std::string size) {
        size_ = std::move(size);
        return mount_again(0);
    }

    [[nodiscard]] const std::filesystem::path& path() const { return folder_.path(); }

private:
    [[nodiscard]] bool mount_again(unsigned long flags) {
        return ::mount("tmpfs", path().c_str(), "tmpfs", MS_REMOUNT | flags, size_.c_str()) == 0;
    }

    std::string size_;
    TempFolder folder_;
    bool mounted_ = false;
};

/// For a test case that needs one. If none can be mounted, the case is skipped and counted as
/// skipped.
inline const boost::unit_test::precondition where_a_disk_can_be_mounted =
    needs("the right to mount a small disk", [] { return SmallDisk{"size=64k"}.mounted(); });

} // namespace test
