#pragma once

#include "schema_2.hpp"
#include "troubles.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>

namespace test {

/// Inserts texts that are not UTF-8, which older versions accepted, into the store of schema_2.hpp.
/// The agent is `work` and a byte, the stream Order/A and a byte. Event 7 has data that is not
/// JSON.
inline constexpr const char* older_texts = R"sql(
UPDATE names SET name = CAST(x'776f726be9' AS TEXT) WHERE id = 3;
UPDATE events SET aggregate_id = CAST(x'41e9' AS TEXT) WHERE aggregate_id = 'A';
UPDATE events SET execution_id = CAST(x'65322d636166e9' AS TEXT) WHERE position = 3;
UPDATE events SET user_id = CAST(x'ff0080' AS TEXT) WHERE position = 5;
UPDATE events SET data = CAST(x'7b226e223a22e9227d' AS TEXT) WHERE position = 6;
INSERT INTO events VALUES (7, x'018bcfe5680070008000000000000007', 1, 1, 2, 'C', 2, 'e2', 'ann',
    1700000000000048, NULL, CAST(x'6e6f204a534f4e20e922' AS TEXT));
UPDATE log SET last_position = 7;
UPDATE deliveries SET sequence = CAST(x'4f726465722f41e9' AS TEXT);
UPDATE states SET key = CAST(x'73ff' AS TEXT) WHERE key = 'seen';
UPDATE timers SET aggregate_id = CAST(x'41e9' AS TEXT), execution_id = CAST(x'e9' AS TEXT),
    user_id = CAST(x'c3' AS TEXT);
UPDATE requests SET who = CAST(x'616ee96e' AS TEXT), why = CAST(x'e9' AS TEXT);
INSERT INTO requests VALUES (2, 1700000000000051, 'ann', 'gone', 4, CAST(x'e9' AS TEXT), 0, NULL,
    CAST(x'e9' AS TEXT), 1700000000000052, CAST(x'e9' AS TEXT));
)sql";

/// Makes such a store at a path, and migrates it. `more`: SQL of the schema of version 2.
inline void make_older_store(const std::filesystem::path& path, const char* more = "") {
    {
        Shell shell{path};
        BOOST_REQUIRE(shell.run(schema_2));
        BOOST_REQUIRE(shell.run(content_2));
        BOOST_REQUIRE(shell.run(older_texts));
        BOOST_REQUIRE(shell.run(more));
    }
    bus::SqliteStore::open({.path = path});
}

/// Checks that nothing else is wrong with it. verify() has always reported data that is not JSON.
inline void check_older_store(const std::filesystem::path& path) {
    const auto findings = bus::verify({.path = path}).findings;
    BOOST_TEST(findings.size() == 2U);
    for (const bus::Finding& finding : findings) {
        BOOST_TEST(contains(finding.what, "its data is no JSON"), finding.what);
    }
}

} // namespace test
