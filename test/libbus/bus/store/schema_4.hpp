#pragma once

/// Schema 4 of a store file, from the one of schema 3 (schema_3.hpp).
namespace test {

/// The statements of the migration, and the numbers that it computed for `content_3`.
inline constexpr const char* from_3_to_4 = R"sql(
PRAGMA user_version = 4;
ALTER TABLE requests ADD COLUMN answer_checksum INTEGER;
ALTER TABLE log ADD COLUMN requests INTEGER NOT NULL DEFAULT 0;
ALTER TABLE log ADD COLUMN answers INTEGER NOT NULL DEFAULT 0;
ALTER TABLE log ADD COLUMN requests_checksum INTEGER;
UPDATE log SET requests = 3, answers = 2, requests_checksum = 2903961463812924307;
UPDATE requests SET answer_checksum = 1395298352903816268 WHERE number = 2;
UPDATE requests SET answer_checksum = -5157195143937201585 WHERE number = 3;
)sql";

} // namespace test
