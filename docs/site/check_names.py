"""Reports what Doxygen said of the public headers: names without a comment, and comments that it cannot read."""

import re
import sys
from pathlib import Path

# What C++ itself explains: destructors, copies, moves, comparisons, and what is defaulted or deleted.
PLAIN = re.compile(r"(?:^|::)(?:~\w+\(|operator(?:=|==|!=|<|<=|>|>=|<=>)\()|= ?(?:default|delete)$")


def is_plain(name):
    if PLAIN.search(re.sub(r"\) (?:const|noexcept|override|&)+", ")", name)):
        return True
    copied = re.search(r"(\w+)(?:< .* >)?::(\w+)\((?:const )?(\w+)(?:<[^()]*>)? ?&&? ?\w*\)", name)
    return copied is not None and copied[1] == copied[2] == copied[3]


def main():
    root = Path(__file__).resolve().parents[2]
    of_member = re.compile(r"Member (.+) \([a-z ]+\) of (?:class|struct|union|namespace|file|concept) (.+) is not documented\.")
    problems = {}  # in order, each once
    for line in (root / "build" / "site" / "doxygen.warnings").read_text(encoding="utf-8").splitlines():
        place, _, said = line.partition(" warning: ")
        place = place.removeprefix(f"{root}/").rstrip(":")
        name = ""
        if compound := re.fullmatch(r"Compound (.+) is not documented\.", said):
            name = compound[1]
        elif member := of_member.fullmatch(said):
            name = member[1] if member[2].endswith(".hpp") else f"{member[2]}::{member[1]}"
        if not name:
            problems[f"{place}: {said or line}"] = None
        elif not is_plain(name):
            problems[f"{place}: {name} is not documented: write a /// comment for it"] = None
    for problem in problems:
        print(problem, file=sys.stderr)
    if not problems:
        print("every public name has a comment")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
