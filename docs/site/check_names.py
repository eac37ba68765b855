"""Holds what Doxygen said of the public headers against docs/site/undocumented.txt. See docs/site/build --help."""

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
    shrink = sys.argv[1:] == ["--shrink"]
    list_file = root / "docs" / "site" / "undocumented.txt"
    found = {}  # name -> FILE:LINE
    problems = []
    of_member = re.compile(r"Member (.+) \([a-z ]+\) of (?:class|struct|union|namespace|file|concept) (.+) is not documented\.")
    for line in (root / "build" / "site" / "doxygen.warnings").read_text(encoding="utf-8").splitlines():
        place, _, said = line.partition(" warning: ")
        place = place.removeprefix(f"{root}/").rstrip(":")
        if compound := re.fullmatch(r"Compound (.+) is not documented\.", said):
            found.setdefault(compound[1], place)
        elif member := of_member.fullmatch(said):
            name = member[1] if member[2].endswith(".hpp") else f"{member[2]}::{member[1]}"
            if not is_plain(name):
                found.setdefault(name, place)
        else:
            problems.append(f"{place}: {said or line}")
    lines = list_file.read_text(encoding="utf-8").splitlines()
    known = {line: number for number, line in enumerate(lines, 1) if line and not line.startswith("#")}
    if shrink:
        kept = [line for line in lines if line not in known or line in found]
        list_file.write_text("\n".join(kept) + "\n", encoding="utf-8")
        print(f"docs/site/undocumented.txt: {len(lines) - len(kept)} names taken out")
        known = {line: number for line, number in known.items() if line in found}
    problems += [f"{place}: {name} is not documented: write a /// comment for it" for name, place in found.items() if name not in known]
    problems += [f"docs/site/undocumented.txt:{number}: {name} is documented now, or gone: take it out (docs/site/build --shrink)"
                 for name, number in known.items() if name not in found]
    for problem in dict.fromkeys(problems):
        print(problem, file=sys.stderr)
    print(f"{len(known)} public names are known to have no comment of their own (docs/site/undocumented.txt)")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
