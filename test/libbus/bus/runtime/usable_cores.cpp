#include "test/support/temp_folder.hpp"
#include <bus/runtime/internal/usable_cores.hpp>

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <string>
#include <thread>

using bus::internal::quota_in_cores;
namespace fs = std::filesystem;

namespace {

/// Control groups as the kernel shows them.
struct Groups {
    test::TempFolder temp;
    fs::path of_process = temp.path() / "cgroup";
    fs::path mounted = temp.path() / "mounted";

    void write(const fs::path& file, const std::string& text) const {
        fs::create_directories((mounted / file).parent_path());
        std::ofstream{mounted / file} << text;
    }

    void process_is_in(const std::string& lines) const { std::ofstream{of_process} << lines; }

    [[nodiscard]] unsigned cores() const { return quota_in_cores(of_process, mounted).value_or(0); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(usable_cores, Groups)

BOOST_AUTO_TEST_CASE(the_quota_of_a_group_is_rounded_up_to_cores) {
    write("cgroup.controllers", "cpu memory\n");
    process_is_in("0::/shop/orders\n");
    for (const auto& [quota, expected] : {std::pair{"200000 100000\n", 2U},
                                          {"150000 100000\n", 2U},
                                          {"50000 100000\n", 1U},
                                          {"1000 100000\n", 1U},
                                          {"max 100000\n", 0U},
                                          {"", 0U},
                                          {"odd\n", 0U}}) {
        write("shop/orders/cpu.max", quota);
        BOOST_TEST(cores() == expected, quota);
    }
}

BOOST_AUTO_TEST_CASE(the_smallest_quota_of_the_groups_above_counts) {
    write("cgroup.controllers", "cpu\n");
    process_is_in("1:name=systemd:/\n0::/shop/orders\n");
    write("shop/cpu.max", "300000 100000\n");
    write("shop/orders/cpu.max", "max 100000\n");
    BOOST_TEST(cores() == 3U);
    write("shop/orders/cpu.max", "800000 100000\n");
    BOOST_TEST(cores() == 3U);
}

BOOST_AUTO_TEST_CASE(a_container_that_sees_its_own_group_as_the_root_has_its_quota) {
    write("cgroup.controllers", "cpu\n");
    write("cpu.max", "400000 100000\n");
    process_is_in("0::/\n");
    BOOST_TEST(cores() == 4U);
    process_is_in("0::/../../of/the/host\n"); // which it does not see
    BOOST_TEST(cores() == 4U);
}

BOOST_AUTO_TEST_CASE(the_files_of_version_1_of_control_groups_are_read) {
    process_is_in("5:memory:/\n4:cpu,cpuacct:/docker/7\n");
    write("cpu/docker/7/cpu.cfs_quota_us", "250000\n");
    write("cpu/docker/7/cpu.cfs_period_us", "100000\n");
    BOOST_TEST(cores() == 3U);
    write("cpu/docker/7/cpu.cfs_quota_us", "-1\n");
    BOOST_TEST(cores() == 0U);
}

BOOST_AUTO_TEST_CASE(without_control_groups_there_is_no_quota) {
    BOOST_TEST(cores() == 0U);
    BOOST_TEST(bus::internal::usable_cores() >= 1U);
    BOOST_TEST(bus::internal::usable_cores() <= std::max(1U, std::thread::hardware_concurrency()));
}

BOOST_AUTO_TEST_SUITE_END()
