"""Which headers are public."""

import re
from pathlib import Path

LISTS = ("libbus/CMakeLists.txt", "agents/CMakeLists.txt")
ALWAYS = {"bus/event/internal/describe_members.hpp"}  # the inner part of a macro, installed for that
FORMER = {"bus/dispatch/observers.hpp"}  # only includes the header at its new place


def public_headers(root):
    """Path in the project -> the header as a program includes it.

    Public are the headers that the FILE_SETs of the libraries name, without the inner parts of macros and the former places
    of headers.
    """
    public = {}
    for page in LISTS:
        folder = Path(page).parent
        for files in re.findall(r"FILE_SET HEADERS[^)]*?FILES\s([^)]*)\)", (root / page).read_text(encoding="utf-8")):
            for file in files.split():
                name = file if folder.name == "libbus" else (folder / file).as_posix()
                if name not in ALWAYS | FORMER:
                    public[(folder / file).as_posix()] = name
    return public


if __name__ == "__main__":
    print("\n".join(public_headers(Path(__file__).resolve().parents[2])))
