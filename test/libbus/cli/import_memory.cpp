// How much memory an import takes. This is a separate program, because it counts all memory.
#include "test/support/live_memory.hpp"
#include <bus/event/codec.hpp>

#include "console.hpp"
#include "sample_store.hpp"

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <streambuf>
#include <string>

namespace {

/// Lines of an import that are made when they are read, as many as requested. Keeps how much memory
/// was in use at some of them.
class Lines final : public std::streambuf {
public:
    Lines(std::uint64_t count, int times) : count_{count}, times_{times} {}

    std::map<std::uint64_t, std::size_t> in_use;

private:
    int_type underflow() override {
        if (read_ == count_ * static_cast<std::uint64_t>(times_)) {
            return traits_type::eof();
        }
        if (++read_ % 5'000 == 0) {
            in_use[read_] = test::live_memory();
        }
        line_ = bus::to_json(test::parcel(1'000 + read_ % count_)) + '\n';
        setg(line_.data(), line_.data(), line_.data() + line_.size());
        return traits_type::to_int_type(line_.front());
    }

    std::uint64_t count_;
    int times_;
    std::uint64_t read_ = 0;
    std::string line_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(import_memory)

BOOST_AUTO_TEST_CASE(the_memory_of_an_import_does_not_grow_with_its_length_even_if_all_is_known) {
    const test::SampleStore store;
    Lines lines{20'000, 2};
    test::TestConsole console;
    console.input.std::ios::rdbuf(&lines);
    const test::Called called = call(console, {"import", "-", "--store", store.url()});
    BOOST_TEST(called.code == 0, called.err);
    BOOST_TEST(called.out == "imported 20,000 events, 20,000 were there already\n");
    constexpr std::size_t a_commit = 262'144; // events of up to one commit may be waiting or not
    BOOST_TEST(lines.in_use.at(20'000) < lines.in_use.at(5'000) + a_commit);
    BOOST_TEST(lines.in_use.at(40'000) < lines.in_use.at(5'000) + a_commit);
}

BOOST_AUTO_TEST_SUITE_END()
