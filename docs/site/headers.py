"""Which headers are public."""

import re
from pathlib import Path

LISTS = ("libbus/CMakeLists.txt", "agents/CMakeLists.txt")
ALWAYS = {"bus/event/internal/describe_members.hpp"}  # the inner part of a macro, installed for that
FORMER = {"bus/dispatch/observers.hpp"}  # only includes the header at its new place


def public_headers(root):
    """Path in the project -> the header as a program includes it.

    Public are the headers that libbus_public_headers() of each library names, without the inner parts of macros and the former places
    of headers.
    """
    public = {}
    for page in LISTS:
        base = "libbus/" if page.startswith("libbus/") else ""
        for names in re.findall(r"libbus_public_headers\(\w+ \S+\s([^)]*)\)", (root / page).read_text(encoding="utf-8")):
            public |= {base + name: name for name in names.split() if name not in ALWAYS | FORMER}
    return public


if __name__ == "__main__":
    print("\n".join(public_headers(Path(__file__).resolve().parents[2])))
