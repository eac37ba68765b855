#pragma once

namespace bus::internal {

/// Keeps the shared library that holds this address loaded until the process ends, whoever closes
/// it; does nothing for the program itself. An event type is known as long as the process lives,
/// and so must be the code and the texts that it consists of. Thread safe; `address` may be null.
///
/// Nobody may hold a lock that the start of a library could want: this waits for the loader, which
/// may be starting one. It does so once for each library, and for the libraries' own types while
/// they start, in the thread that the loader has let in.
void keep_loaded(const void* address);

} // namespace bus::internal
