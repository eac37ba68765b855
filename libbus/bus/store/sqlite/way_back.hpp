#pragma once

/// What to do about a file that cannot be used, for all messages that say so; FILE is the store's
/// file. These are macros so that they can be parts of literals.

/// Continues a sentence after "go back to ".
#define LIBBUS_A_BACKUP                                                                            \
    "the newest backup that verifies clean (`bus restore BACKUP --store sqlite:FILE`; by hand: "   \
    "stop the host, `rm -f FILE-wal FILE-shm`, `cp BACKUP FILE`)"

/// A whole sentence.
#define LIBBUS_SALVAGE                                                                             \
    "`bus export --salvage NEW.ndjson --store sqlite:FILE` saves the events that can still be "    \
    "read, for `bus import`"
