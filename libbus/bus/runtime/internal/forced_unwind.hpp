#pragma once

#include <exception> // says which library it is

#if defined(__GLIBCXX__)
#include <cxxabi.h>
/// Must precede each `catch (...)` around the host's code. pthread_exit() and pthread_cancel() end
/// a thread by unwinding it; code that catches this exception and does not rethrow it makes the
/// program abort. The enclosing function must be marked with LIBBUS_MAY_BE_UNWOUND, because GCC
/// binds the reference to nothing, which the undefined behaviour sanitizer reports.
// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): no function can be a handler
#define LIBBUS_PASS_FORCED_UNWIND                                                                  \
    catch (const ::abi::__forced_unwind&) {                                                        \
        throw;                                                                                     \
    }
#define LIBBUS_MAY_BE_UNWOUND [[gnu::no_sanitize("undefined")]]
#else
#define LIBBUS_PASS_FORCED_UNWIND
#define LIBBUS_MAY_BE_UNWOUND
#endif
