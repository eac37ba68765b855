// The main() of every test program. BOOST_TEST_MODULE would need a name at compile time, and thus a
// compilation for each program; this main() takes the name from the program.
#define BOOST_TEST_NO_MAIN
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>

namespace {

bool init() {
    namespace ut = boost::unit_test;
    auto& suite = ut::framework::master_test_suite();
    if (suite.argc > 0) {
        const std::string program = std::filesystem::path(suite.argv[0]).filename().string();
        suite.p_name.value = program;
    }
    return true;
}

} // namespace

int main(int argc, char* argv[]) {
    return boost::unit_test::unit_test_main(&init, argc, argv);
}
