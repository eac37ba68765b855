#pragma once

#include <bus/store/part.hpp>
#include <bus/store/sqlite/checksum.hpp>
#include <bus/store/sqlite/connection.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

namespace bus::sqlite {

/// How many rows of requests there must be, and how many of them must be answered. These counts are
/// in the row of `log`, in columns that LogTable does not touch, because other processes write them
/// too.
struct RequestCounts {
    std::uint64_t requests = 0;
    std::uint64_t answers = 0;
    /// The highest number of a request that was removed because of its age; none if none was
    /// removed.
    std::optional<std::int64_t> pruned{};

    [[nodiscard]] std::int64_t checksum() const {
        return pruned ? checksum_of(requests, answers, *pruned) : checksum_of(requests, answers);
    }
};

/// Reads the counts from the columns requests, answers and pruned_requests.
RequestCounts request_counts(const Statement::Run& run);

/// Writes the table of requests and its counts, in the same transaction. The table holds the full
/// names of agents: another process that makes a request must not add to the table of names,
/// because the writer has cached it.
class RequestTable {
public:
    explicit RequestTable(Connection& connection);

    /// Stores a request and returns its number.
    std::uint64_t insert(const RequestRecord& request);
    /// Answers a request. Does nothing if the request was answered before or does not exist.
    void answer(const RequestAnswer& answer);
    /// EventStore::prune_requests.
    std::size_t prune(Timestamp before, std::size_t limit);

    /// The number of the newest request, within the open transaction of a writer; 0 if there is
    /// none.
    [[nodiscard]] std::uint64_t newest();

    /// Must be called when the transaction ends, because newest() may change afterwards.
    void end_transaction() noexcept { newest_.reset(); }

private:
    void change_counts(const std::function<void(RequestCounts&)>& change);

    Connection& connection_;
    Statement insert_;
    Statement answer_;
    Statement read_counts_;
    Statement write_counts_;
    Statement read_newest_;
    std::optional<std::uint64_t> newest_;
};

/// EventStore::ask over a connection of its own. Waits at most `patience` for other writers.
std::uint64_t ask(const std::filesystem::path& store, const RequestRecord& request,
                  std::chrono::milliseconds patience);

} // namespace bus::sqlite
