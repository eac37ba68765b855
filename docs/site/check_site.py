"""Looks at the finished site: each link leads to a file and an anchor of it, and no page loads anything from elsewhere."""

import html
import json
import os
import re
import sys
from pathlib import Path
from urllib.parse import unquote

# What a page loads, as opposed to what it links to.
LOADED = re.compile(r"<(?:script|img|iframe|source|video|audio|embed|object)\b[^>]*?\b(?:src|data)=[\"']?([^\"'\s>]+)"
                    r"|<link\b(?![^>]*\brel=[\"']?(?:canonical|next|prev|alternate)\b)[^>]*?\bhref=[\"']?([^\"'\s>]+)", re.S)
STYLE = re.compile(r"url\(\s*[\"']?((?:https?:)?//[^\"')]+)|@import\s+[\"']((?:https?:)?//[^\"']+)")
NAMED = re.compile(r"\bid=(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+))")
LINKED = re.compile(r"\b(?:href|src)=(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+))")


def first(groups):
    return html.unescape(next((group for group in groups if group), ""))


def main():
    build = Path(__file__).resolve().parents[2] / "build" / "site"
    site = build / "html"
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(site.rglob("*.html"))}
    # The bodies of code are text: what looks like an attribute there is none.
    names = {path: {first(match) for match in NAMED.findall(text)} for path, text in texts.items()}
    problems = []
    links = 0
    for path, text in texts.items():
        name = path.relative_to(site).as_posix()
        if name == "404.html":
            continue  # its links are absolute, since it may be shown for any address
        for match in LOADED.findall(text):
            if re.match(r"(?:https?:)?//", first(match)):
                problems.append(f"{name}: loads {first(match)} from elsewhere")
        if re.search(r"class=\"[^\"]*\bmermaid\b", text):
            problems.append(f"{name}: has a diagram that only a script from elsewhere would draw")
        for target in {first(match) for match in LINKED.findall(text)}:
            if re.match(r"[a-z][a-z0-9+.-]*:|//", target, re.I) or not target:
                continue
            links += 1
            written, _, anchor = target.partition("#")
            leads_to = Path(os.path.normpath(path.parent / unquote(written))) if written else path
            if leads_to.is_dir():
                leads_to = leads_to / "index.html"
            if not leads_to.is_file():
                problems.append(f"{name}: the link {target} leads to no file of the site")
            elif anchor and leads_to.suffix == ".html" and unquote(anchor) not in names[leads_to]:
                problems.append(f"{name}: the link {target} leads to no anchor of {leads_to.relative_to(site)}")
    for path in site.rglob("*.css"):
        for match in STYLE.findall(path.read_text(encoding="utf-8")):
            problems.append(f"{path.relative_to(site)}: loads {first(match)} from elsewhere")
    found = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))["docs"]
    if not any(entry["location"].startswith("api/bus/bus.hpp.html#") for entry in found):
        problems.append("search/search_index.json: knows no name of the API reference")
    sources = set((build / "sources.txt").read_text(encoding="utf-8").splitlines())
    problems += [f"search/search_index.json: has {entry['location']}, a copy of a source" for entry in found
                 if entry["location"].partition("#")[0] in sources]
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{len(texts)} files, {links} links, {len(found)} entries of the search")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
