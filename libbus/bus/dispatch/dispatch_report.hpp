#pragma once

#include <cstddef>
#include <exception>
#include <string>
#include <vector>

namespace bus {

/// A handler that threw, or whose filter threw.
struct HandlerFailure {
    std::string handler{};    ///< its name, see SubscribeOptions::name
    std::exception_ptr error; ///< what it threw
};

/// The result of the handlers that one publish called in this thread.
struct DispatchReport {
    std::size_t handled = 0;                ///< how many handlers returned
    std::vector<HandlerFailure> failures{}; ///< the handlers that threw
};

} // namespace bus
