#pragma once

#include <cstddef>
#include <exception>
#include <string>
#include <vector>

namespace bus {

/// A handler, or its filter, that threw.
struct HandlerFailure {
    std::string handler{};    ///< its name, see SubscribeOptions::name
    std::exception_ptr error; ///< what it threw
};

/// What one publish came to in this thread.
struct DispatchReport {
    std::size_t handled = 0;                ///< handlers that returned
    std::vector<HandlerFailure> failures{}; ///< those that did not
};

} // namespace bus
