#pragma once

#include <bus/store/records.hpp>

#include <map>
#include <string>
#include <tuple>

namespace bus::cli {

/// Distinguishes requests from their traces. Each delivery that is redriven or discarded leaves a
/// record of its own, the trace. If a host carries out a request for a single delivery, there are
/// two records that say the same: the request and its trace.
class Traces {
public:
    /// Whether this record is the trace of an earlier request about the same single delivery. Call
    /// it for each record, in order of their numbers.
    bool repeats(const RequestRecord& record);

private:
    std::map<std::tuple<DeliveryAction, std::string, Position>, RequestRecord> asked_;
};

} // namespace bus::cli
