"""The project's Markdown pages: their headings, anchors and links, by GitHub's rules. No package beside Python is needed."""

import html
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path


@dataclass
class Link:
    line: int
    target: str  # as written
    text: str
    in_list: bool  # in an item of a list
    section: str  # the heading, or the bold words at the beginning of a line, above it
    group: str  # the line that ends in a colon above its list


@dataclass
class Page:
    path: Path
    title: str = ""
    slugs: list = field(default_factory=list)  # of the headings, in order
    anchors: set = field(default_factory=set)  # these, and what HTML names
    links: list = field(default_factory=list)
    undefined: list = field(default_factory=list)  # (line, name) of [text][name] without a definition


def slug(text):
    """The anchor that GitHub makes of a heading's text."""
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")


class Slugs:
    """The anchors of one page: a second heading of the same text has -1 behind it, the third -2."""

    def __init__(self):
        self.seen = {}

    def add(self, text):
        base = slug(text)
        number = self.seen.get(base, -1) + 1
        self.seen[base] = number
        name = f"{base}-{number}" if number else base
        self.seen.setdefault(name, 0)
        return name


CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.S)


def plain(text):
    """What a reader sees of a heading: without the signs of Markdown."""
    spans = []

    def keep(match):
        spans.append(match[2].strip())
        return f"\0{len(spans) - 1}\0"

    text = CODE_SPAN.sub(keep, text)
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)", "", text)
    text = re.sub(r"\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])", r"\1", text)
    text = re.sub(r"<[^>]+>", "", text)
    text = re.sub(r"(?<!\\)\*+", "", text)
    text = re.sub(r"(?<![\w\\])_+(?=\S)(.+?)(?<=\S)_+(?!\w)", r"\1", text)
    text = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text)
    text = html.unescape(text)
    return re.sub(r"\0(\d+)\0", lambda match: spans[int(match[1])], text)


def blank_out(text, pattern):
    """The text with all that matches replaced by blanks, line for line."""
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


COMMENT = re.compile(r"<!--.*?-->", re.S)
HEADING = re.compile(r"^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
FENCE = re.compile(r"^\s*(?:[-*+] +|\d+[.)] +)?(`{3,}|~{3,})([^`]*)$")
ITEM = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+\S")
BOLD_LINE = re.compile(r"^\*\*([^*\[\]]+)\*\*")
LINK = re.compile(
    r"!?\[((?:[^\[\]]|\[[^\[\]]*\](?:\([^()]*\))?)*)\]"  # its text, which may hold a picture
    r"\(\s*(?:<([^>]*)>|([^()\s]*(?:\([^()\s]*\)[^()\s]*)*))"  # its target
    r"(?:\s+(?:\"[^\"]*\"|'[^']*'))?\s*\)")  # a title
REFERENCE = re.compile(r"\[([^\[\]]+)\]\[([^\[\]]*)\]")
DEFINITION = re.compile(r"^ {0,3}\[([^\]]+)\]:\s+<?(\S+?)>?(?:\s+[\"'(].*)?$")
HTML_LINK = re.compile(r"<[a-z]+\b[^<>]*?\b(?:href|src)=[\"']([^\"']+)[\"']", re.S)
HTML_NAME = re.compile(r"<[a-z]+\b[^<>]*?\b(?:id|name)=[\"']([^\"']+)[\"']", re.S)


def read(path):
    """Reads a page. What stands in code or comments is no link and no heading."""
    page = Page(path)
    slugs = Slugs()
    definitions = {}
    references = []
    section = group = ""
    in_list = False
    block = []  # lines of one paragraph, item or row, which may share a link or a span of code
    start = 0

    def end_block():
        nonlocal block
        if not block:
            return
        written = "\n".join(block)
        text = blank_out(written, CODE_SPAN)
        for match in LINK.finditer(text):
            line = start + text.count("\n", 0, match.start())
            shown = plain(written[match.start(1):match.end(1)])
            page.links.append(Link(line, html.unescape(match[2] or match[3] or ""), shown, in_list, section, group))
            for inner in LINK.finditer(match[1]):  # a picture as a link's text
                page.links.append(Link(line, inner[2] or inner[3] or "", "", in_list, section, group))
        rest = blank_out(text, LINK)
        for match in REFERENCE.finditer(rest):
            line = start + rest.count("\n", 0, match.start())
            references.append((line, (match[2] or match[1]).lower()))
        for match in HTML_LINK.finditer(text):
            line = start + text.count("\n", 0, match.start(1))
            page.links.append(Link(line, html.unescape(match[1]), "", in_list, section, group))
        page.anchors.update(match[1] for match in HTML_NAME.finditer(text))
        block = []

    def add_heading(level, text):
        nonlocal section, group
        text = plain(text)
        if not page.title:
            page.title = text
        name = slugs.add(text)
        page.slugs.append(name)
        page.anchors.add(name)
        group = ""
        if level > 1:
            section = text

    lines = blank_out(path.read_text(encoding="utf-8"), COMMENT).split("\n")
    fence = ""
    after_blank = True
    for number, line in enumerate(lines, 1):
        if fence:
            if re.match(rf"^\s*{re.escape(fence[0])}{{{len(fence)},}}\s*$", line):
                fence = ""
            continue
        if opened := FENCE.match(line):
            end_block()
            fence = opened[1]
            after_blank = True
            continue
        if not line.strip():
            end_block()
            after_blank = True
            continue
        if line.startswith("    ") and after_blank and not in_list:
            continue  # a block of code by its indentation
        if heading := HEADING.match(line):
            end_block()
            in_list = False
            add_heading(len(heading[1]), heading[2] or "")
            block, start = [line], number  # its text may hold links
            end_block()
            after_blank = True
            continue
        if re.match(r"^ {0,3}(=+|-{2,})\s*$", line) and block and not in_list and not block[0].lstrip().startswith("|"):
            add_heading(1 if "=" in line else 2, " ".join(block))
            end_block()
            continue
        if definition := DEFINITION.match(line):
            definitions[definition[1].lower()] = number
            page.links.append(Link(number, definition[2], "", False, section, group))
            continue
        if ITEM.match(line):
            end_block()
            in_list = True
        elif line.lstrip().startswith("|"):
            end_block()
        elif after_blank and not line.startswith(" "):
            in_list = False
        if not block:
            start = number
            if not in_list:
                group = ""
                if bold := BOLD_LINE.match(line):
                    section = bold[1].strip()
        if not in_list and re.match(r"[^|*].*:$", line):
            group = plain(line).rstrip(":")
        block.append(line)
        after_blank = False
    end_block()
    page.undefined = [(line, name) for line, name in references if name not in definitions]
    return page


@lru_cache(maxsize=None)
def page_of(path):
    return read(path)


def project_pages(root):
    """README, CONTRIBUTING and CHANGELOG, and all pages below docs/."""
    top = [root / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    return [path for path in top if path.is_file()] + sorted((root / "docs").rglob("*.md"))


def is_external(target):
    return re.match(r"^[a-z][a-z0-9+.-]*:|^//", target, re.I) is not None


def listed(root, index):
    """The links of an index page to files below docs/ or beside README.md, in order: (Link, Path). Lists name a folder by its
    README.md, which is an index page too."""
    found = []
    for link in page_of(index).links:
        target = link.target.partition("#")[0]
        if not target or is_external(target):
            continue
        path = (index.parent / target).resolve()
        if path.is_dir() and (path / "README.md").is_file():
            path = path / "README.md"
        if path.is_file() and path.is_relative_to(root):
            found.append((link, path))
    return found
