#include <bus/store/event_store.hpp>
#include <bus/store/internal/sqlite_checksum.hpp>
#include <bus/store/internal/sqlite_requests.hpp>
#include <bus/store/internal/sqlite_schema.hpp>

#include <sqlite3.h>

#include <optional>
#include <string_view>

namespace bus::sqlite {

namespace {

constexpr const char* writing_requests = "write a request to";

std::int64_t count_of(Timestamp time) {
    return time.time_since_epoch().count();
}

/// Begins to write. SQLite's own waiting looks ever more rarely, and beside a busy writer, who
/// leaves gaps of microseconds, might never find one: this looks every other millisecond.
void begin(Connection& connection, std::chrono::milliseconds patience) {
    constexpr std::chrono::milliseconds turn{2};
    connection.busy_timeout(turn);
    for (auto left = patience; left > turn; left -= turn) {
        const int code =
            sqlite3_exec(connection.handle(), "BEGIN IMMEDIATE", nullptr, nullptr, nullptr);
        if (code == SQLITE_OK) {
            return;
        }
        if ((code & 0xff) != SQLITE_BUSY) {
            connection.fail(code, writing_requests);
        }
    }
    connection.execute("BEGIN IMMEDIATE", writing_requests);
}

} // namespace

RequestTable::RequestTable(Connection& connection)
    : connection_{connection},
      insert_{connection,
              "INSERT INTO requests (at, who, why, action, agent, position, kind, error, done_at, "
              "result, checksum) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
              writing_requests},
      answer_{connection,
              "UPDATE requests SET done_at = ?2, result = ?3 WHERE number = ?1 AND done_at IS NULL",
              writing_requests} {}

std::uint64_t RequestTable::insert(const RequestRecord& request) {
    std::optional<std::int64_t> kind;
    std::optional<std::string_view> error;
    std::optional<std::int64_t> done_at;
    if (request.kind) {
        kind = static_cast<std::int64_t>(*request.kind);
    }
    if (request.error) {
        error = *request.error;
    }
    if (request.done_at) {
        done_at = count_of(*request.done_at);
    }
    const std::string_view who = request.who;
    const std::string_view why = request.why;
    const std::string_view agent = request.agent;
    const auto action = static_cast<std::int64_t>(request.action);
    const std::int64_t at = count_of(request.at);
    // Of what was asked: the number is not known yet, and the answer comes later.
    const std::int64_t checksum =
        checksum_of(at, who, why, action, agent, request.position, kind, error);
    insert_.execute(at, who, why, action, agent, request.position, kind, error, done_at,
                    std::string_view{request.result}, checksum);
    return static_cast<std::uint64_t>(connection_.inserted_id());
}

void RequestTable::answer(const RequestAnswer& answer) {
    answer_.execute(answer.number, count_of(answer.at), std::string_view{answer.result});
}

std::uint64_t ask(const std::filesystem::path& store, const RequestRecord& request,
                  std::chrono::milliseconds patience) {
    Connection connection{store, Access::existing, patience};
    refuse_triggers(connection);
    connection.execute("PRAGMA synchronous = FULL",
                       writing_requests); // some builds have another default
    RequestTable table{connection};
    begin(connection, patience);
    Transaction transaction{connection, Transaction::Begun{}};
    const std::uint64_t number = table.insert(request);
    transaction.commit();
    return number;
}

} // namespace bus::sqlite
