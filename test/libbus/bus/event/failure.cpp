#include <bus/event/codec.hpp>
#include <bus/event/failure.hpp>

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(failure)

using bus::Failure;
using bus::FailureKind;

namespace {

template <class E>
FailureKind kind_of(const E& thrown) {
    return Failure::from(std::make_exception_ptr(thrown)).kind();
}

} // namespace

BOOST_AUTO_TEST_CASE(exceptions_map_to_kinds_of_failure) {
    BOOST_TEST((kind_of(std::runtime_error{"broken pipe"}) == FailureKind::transient));
    BOOST_TEST((kind_of(std::invalid_argument{"bug"}) == FailureKind::poison));
    BOOST_TEST((kind_of(bus::CodecError{"data", "expected a string"}) == FailureKind::poison));
    BOOST_TEST((kind_of(12) == FailureKind::poison));
    BOOST_TEST((kind_of(Failure::rejected("no")) == FailureKind::rejected));
}

BOOST_AUTO_TEST_CASE(a_failure_keeps_what_it_was_given) {
    using namespace std::chrono_literals;
    const auto throttled = Failure::throttled("slow down", 3s);
    BOOST_TEST((throttled.retry_after() == bus::Duration{3s}));
    BOOST_TEST(throttled.what() == "slow down");
    const bus::Timestamp tomorrow{24h};
    BOOST_TEST((Failure::not_ready("wait", tomorrow).until() == tomorrow));
    BOOST_TEST(bus::to_text(FailureKind::not_ready) == std::string_view{"not_ready"});
}

BOOST_AUTO_TEST_SUITE_END()
