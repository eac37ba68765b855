#pragma once

#include <bus/event/codec.hpp>

#include "console.hpp"
#include "sample_store.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace test {

/// All events of a store, as `bus export` prints them.
inline std::string exported(const std::string& url) {
    const Called called = call({"export", "--store", url});
    BOOST_TEST(called.code == 0, called.err);
    return called.out;
}

/// Imports lines from standard input.
inline Called import(const std::string& url, const std::string& ndjson,
                     std::vector<std::string> more = {}) {
    TestConsole console;
    console.input.str(ndjson);
    more.insert(more.begin(), {"import", "-", "--store", url});
    return call(console, more);
}

/// parcel(number) as a line.
inline std::string line(std::uint64_t number) {
    return bus::to_json(parcel(number)) + '\n';
}

} // namespace test
