#pragma once

#include <exception> // says which library it is

#if defined(__GLIBCXX__)
#include <cxxabi.h>
/// To stand before `catch (...)` around the host's code. pthread_exit() and pthread_cancel() end a
/// thread by unwinding it, and whoever catches that and does not pass it on has the program
/// aborted. The function it stands in is marked with LIBBUS_MAY_BE_UNWOUND: GCC binds the reference
/// to nothing, of which the undefined behaviour sanitizer complains.
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
