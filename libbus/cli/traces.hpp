#pragma once

#include <bus/store/records.hpp>

#include <map>
#include <string>
#include <tuple>

namespace bus::cli {

/// Tells requests from their traces. Each delivery that is redriven or discarded leaves a record of
/// its own; of a request that was about one delivery alone a host so leaves two, which say the
/// same.
class Traces {
public:
    /// Takes the records in order of their numbers. Whether this one is what came of a request
    /// before it, about the same delivery alone.
    bool repeats(const RequestRecord& record);

private:
    std::map<std::tuple<DeliveryAction, std::string, Position>, RequestRecord> asked_;
};

} // namespace bus::cli
