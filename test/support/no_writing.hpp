#pragma once

#include "test/support/needs.hpp"
#include "test/support/temp_folder.hpp"

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <utility>

namespace test {

/// Takes the right to write in a folder from this process. If it is root, it becomes the user
/// nobody.
class NoWriting {
public:
    explicit NoWriting(std::filesystem::path folder) : folder_{std::move(folder)} { begin(); }

    NoWriting(const NoWriting&) = delete;
    NoWriting& operator=(const NoWriting&) = delete;

    ~NoWriting() { end(); }

    void begin() {
        ::chmod(folder_.c_str(), 0555);
        if (::geteuid() == 0) {
            was_root_ = ::seteuid(65'534) == 0;
        }
    }

    void end() {
        if (std::exchange(was_root_, false) && ::seteuid(0) != 0) {
            std::abort();
        }
        ::chmod(folder_.c_str(), 0755);
    }

    /// Whether the process has lost the right.
    [[nodiscard]] bool works() const {
        return ::faccessat(AT_FDCWD, folder_.c_str(), W_OK, AT_EACCESS) != 0;
    }

private:
    std::filesystem::path folder_;
    bool was_root_ = false;
};

/// For a test case that uses it.
inline const boost::unit_test::precondition where_writing_can_be_forbidden =
    needs("a user who may not write everywhere", [] {
        const TempFolder folder;
        return NoWriting{folder.path()}.works();
    });

} // namespace test
