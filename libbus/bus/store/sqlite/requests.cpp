#include <bus/store/event_store.hpp>
#include <bus/store/sqlite/checksum.hpp>
#include <bus/store/sqlite/requests.hpp>
#include <bus/store/sqlite/schema.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

namespace bus::sqlite {

namespace {

constexpr const char* writing_requests = "write a request to";
constexpr const char* pruning_requests = "prune requests of";

std::int64_t count_of(Timestamp time) {
    return time.time_since_epoch().count();
}

/// The columns of a request.
struct Columns {
    explicit Columns(const RequestRecord& request)
        : at{count_of(request.at)},
          who{request.who},
          why{request.why},
          action{static_cast<std::int64_t>(request.action)},
          agent{request.agent},
          position{request.position},
          part_of{number_of(request.part_of)},
          limit{number_of(request.limit)},
          forced{number_of(request.forced ? 1 : 0)} {
        if (request.kind) {
            kind = static_cast<std::int64_t>(*request.kind);
        }
        if (request.error) {
            error = *request.error;
        }
        if (request.state) {
            state = static_cast<std::int64_t>(*request.state);
        }
        if (request.before) {
            before = count_of(*request.before);
        }
    }

    static std::optional<std::int64_t> number_of(std::uint64_t number) {
        return number == 0 ? std::nullopt : std::optional{static_cast<std::int64_t>(number)};
    }

    /// If no later column is used, this is the checksum of schema 3.
    [[nodiscard]] std::int64_t checksum() const {
        return state || limit || before || part_of || forced
                   ? checksum_of(at, who, why, action, agent, position, kind, error, state, limit,
                                 before, part_of, forced)
                   : checksum_of(at, who, why, action, agent, position, kind, error);
    }

    std::int64_t at;
    std::string_view who;
    std::string_view why;
    std::int64_t action;
    std::string_view agent;
    Position position;
    std::optional<std::int64_t> kind;
    std::optional<std::string_view> error;
    std::optional<std::int64_t> state;
    std::optional<std::int64_t> before;
    std::optional<std::int64_t> part_of;
    std::optional<std::int64_t> limit;
    std::optional<std::int64_t> forced;
};

/// Begins to write. SQLite's own wait polls ever more rarely. Beside a busy writer, which leaves
/// gaps of microseconds, it might never find one. Therefore this polls every other millisecond.
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
              "checksum, state, most, older_than, part_of, forced) "
              "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
              writing_requests},
      answer_{connection,
              "UPDATE requests SET done_at = ?2, result = ?3, answer_checksum = ?4 "
              "WHERE number = ?1 AND done_at IS NULL",
              writing_requests},
      read_counts_{connection,
                   "SELECT requests, answers, pruned_requests, requests_checksum FROM log",
                   writing_requests},
      write_counts_{connection,
                    "UPDATE log SET requests = ?1, answers = ?2, pruned_requests = ?3, "
                    "requests_checksum = ?4",
                    writing_requests},
      read_newest_{connection, "SELECT max(number) FROM requests", writing_requests} {}

std::uint64_t RequestTable::insert(const RequestRecord& request) {
    const Columns columns{request};
    // The checksum of the request alone: the number is not known yet, and the answer has its own
    // checksum.
    insert_.execute(columns.at, columns.who, columns.why, columns.action, columns.agent,
                    request.position, columns.kind, columns.error, std::string_view{request.result},
                    columns.checksum(), columns.state, columns.limit, columns.before,
                    columns.part_of, columns.forced);
    const auto number = static_cast<std::uint64_t>(connection_.inserted_id());
    newest_ = number;
    change_counts([](RequestCounts& counts) { ++counts.requests; });
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
        change_counts([](RequestCounts& counts) { ++counts.answers; });
    }
}

std::size_t RequestTable::prune(Timestamp before, std::size_t limit) {
    std::vector<std::uint64_t> numbers;
    {
        Statement old{connection_,
                      "SELECT number FROM requests WHERE done_at < ?1 "
                      "AND number < (SELECT max(number) FROM requests) ORDER BY number LIMIT ?2",
                      pruning_requests};
        for (Statement::Run run = old.run(count_of(before), std::uint64_t{limit}); run.next();) {
            numbers.push_back(run.number(0));
        }
    }
    if (numbers.empty()) {
        return 0;
    }
    Statement erase{connection_, "DELETE FROM requests WHERE number = ?1", pruning_requests};
    for (const std::uint64_t number : numbers) {
        erase.execute(number);
    }
    change_counts([&](RequestCounts& counts) {
        counts.requests -= numbers.size();
        counts.answers -= numbers.size();
        counts.pruned =
            std::max(counts.pruned.value_or(0), static_cast<std::int64_t>(numbers.back()));
    });
    return numbers.size();
}

std::uint64_t RequestTable::newest() {
    if (!newest_) {
        Statement::Run run = read_newest_.run();
        newest_ = run.next() && !run.is_null(0) ? run.number(0) : 0;
    }
    return *newest_;
}

void RequestTable::change_counts(const std::function<void(RequestCounts&)>& change) {
    RequestCounts counts;
    // If another program has changed the counts, they must not get a right checksum again: verify()
    // would then trust them.
    bool believed = false;
    {
        Statement::Run run = read_counts_.run();
        if (!run.next()) {
            connection_.fail(SQLITE_CORRUPT, writing_requests);
        }
        counts = request_counts(run);
        believed = !run.is_null(3) && run.integer(3) == counts.checksum();
    }
    change(counts);
    write_counts_.execute(counts.requests, counts.answers, counts.pruned,
                          believed ? std::optional{counts.checksum()} : std::nullopt);
}

RequestCounts request_counts(const Statement::Run& run) {
    RequestCounts counts{.requests = run.number(0), .answers = run.number(1)};
    if (!run.is_null(2)) {
        counts.pruned = run.integer(2);
    }
    return counts;
}

std::uint64_t ask(const std::filesystem::path& store, const RequestRecord& request,
                  std::chrono::milliseconds patience) {
    Connection connection{store, Access::existing, patience};
    refuse_triggers(connection);
    connection.execute("PRAGMA synchronous = FULL",
                       writing_requests); // the default differs between builds
    RequestTable table{connection};
    begin(connection, patience);
    Transaction transaction{connection, Transaction::Begun{}};
    connection.stamp_commits();
    const std::uint64_t number = table.insert(request);
    transaction.commit();
    return number;
}

} // namespace bus::sqlite
