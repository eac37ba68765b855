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
              "INSERT INTO requests (at, who, why, action, agent, position, kind, error, result, "
              "checksum) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
              writing_requests},
      answer_{connection,
              "UPDATE requests SET done_at = ?2, result = ?3, answer_checksum = ?4 "
              "WHERE number = ?1 AND done_at IS NULL",
              writing_requests},
      read_counts_{connection, "SELECT requests, answers, requests_checksum FROM log",
                   writing_requests},
      write_counts_{connection,
                    "UPDATE log SET requests = ?1, answers = ?2, requests_checksum = ?3",
                    writing_requests} {}

std::uint64_t RequestTable::insert(const RequestRecord& request) {
    std::optional<std::int64_t> kind;
    std::optional<std::string_view> error;
    if (request.kind) {
        kind = static_cast<std::int64_t>(*request.kind);
    }
    if (request.error) {
        error = *request.error;
    }
    const std::string_view who = request.who;
    const std::string_view why = request.why;
    const std::string_view agent = request.agent;
    const auto action = static_cast<std::int64_t>(request.action);
    const std::int64_t at = count_of(request.at);
    // Of what was asked: the number is not known yet, and the answer has a checksum of its own.
    const std::int64_t checksum =
        checksum_of(at, who, why, action, agent, request.position, kind, error);
    insert_.execute(at, who, why, action, agent, request.position, kind, error,
                    std::string_view{request.result}, checksum);
    const auto number = static_cast<std::uint64_t>(connection_.inserted_id());
    count({.requests = 1});
    if (request.done_at) {
        answer({.number = number, .at = *request.done_at, .result = request.result});
    }
    return number;
}

void RequestTable::answer(const RequestAnswer& answer) {
    const std::int64_t at = count_of(answer.at);
    const std::string_view result = answer.result;
    answer_.execute(answer.number, at, result, checksum_of(answer.number, at, result));
    if (connection_.changes() != 0) {
        count({.answers = 1});
    }
}

void RequestTable::count(const RequestCounts& more) {
    RequestCounts counts;
    // Counts that somebody has changed get no checksum again: else verify() would believe them.
    bool believed = false;
    {
        Statement::Run run = read_counts_.run();
        if (!run.next()) {
            connection_.fail(SQLITE_CORRUPT, writing_requests);
        }
        counts = {.requests = run.number(0), .answers = run.number(1)};
        believed = !run.is_null(2) && run.integer(2) == counts.checksum();
    }
    counts.requests += more.requests;
    counts.answers += more.answers;
    write_counts_.execute(counts.requests, counts.answers,
                          believed ? std::optional{counts.checksum()} : std::nullopt);
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
    connection.stamp_commits();
    const std::uint64_t number = table.insert(request);
    transaction.commit();
    return number;
}

} // namespace bus::sqlite
