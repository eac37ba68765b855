"""Which headers are public."""

import re
from pathlib import Path


def public_headers(root):
    """Path in the project -> the header as a program includes it.

    Public is a header that is installed (libbus/cmake/install.cmake: all but those in folders `internal`) and that a program can
    include: those of the engines include internal headers, which are not installed.
    """
    installed = {}
    for folder, base in (("libbus/bus", "libbus"), ("agents", ".")):
        for path in sorted((root / folder).rglob("*.hpp")):
            name = path.relative_to(root / base).as_posix()
            installed[name] = path
    always = {"bus/event/internal/describe_members.hpp"}  # the inner part of a macro, installed for that
    usable = {}

    def is_usable(name):
        if name not in usable:
            usable[name] = "/internal/" not in name or name in always
            text = installed[name].read_text(encoding="utf-8")
            included = re.findall(r"^#include <([^>]+)>", text, re.M)
            usable[name] = usable[name] and all(is_usable(other) for other in included if other in installed)
        return usable[name]

    return {path.relative_to(root).as_posix(): name for name, path in installed.items()
            if name not in always and is_usable(name)}


if __name__ == "__main__":
    print("\n".join(public_headers(Path(__file__).resolve().parents[2])))
