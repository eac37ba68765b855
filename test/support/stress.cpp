#include "test/support/stress.hpp"

#include <boost/test/results_collector.hpp>
#include <boost/test/unit_test.hpp>

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

namespace test {

namespace {

constexpr std::uint64_t a_day = 86'400;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
    const char* const set = std::getenv(name);
    if (set == nullptr || *set == '\0') {
        return otherwise;
    }
    const std::string_view text{set};
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) {
        throw std::invalid_argument{std::string{name} + " wants a number, not '" + set + "'"};
    }
    return value;
}

bool failed_so_far() {
    const auto& results = boost::unit_test::results_collector.results(
        boost::unit_test::framework::current_test_case().p_id);
    return results.p_assertions_failed > 0;
}

} // namespace

void Chance::yield() {
    if (once_in(4)) {
        std::this_thread::yield();
    }
}

void stress(int usual_rounds, const std::function<void(Chance&)>& round) {
    const std::uint64_t first = from_environment("LIBBUS_STRESS_SEED", 1);
    const std::uint64_t rounds =
        from_environment("LIBBUS_STRESS_ROUNDS", static_cast<std::uint64_t>(usual_rounds));
    const std::chrono::seconds most{from_environment("LIBBUS_STRESS_SECONDS", a_day)};
    const auto started = std::chrono::steady_clock::now();
    std::uint64_t done = 0;
    do {
        Chance chance{first + done};
        round(chance);
        if (failed_so_far()) {
            BOOST_FAIL("failed in the round with seed " << first + done);
        }
        ++done;
    } while (done < rounds && std::chrono::steady_clock::now() - started < most);
    BOOST_TEST_MESSAGE("rounds: " << done << " of "
                                  << boost::unit_test::framework::current_test_case().p_name);
}

} // namespace test
