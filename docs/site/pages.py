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
UNDERLINE = re.compile(r"^ {0,3}(=+|-{2,})\s*$")
HTML_LINK = re.compile(r"<[a-z]+\b[^<>]*?\b(?:href|src)=[\"']([^\"']+)[\"']", re.S)
HTML_NAME = re.compile(r"<[a-z]+\b[^<>]*?\b(?:id|name)=[\"']([^\"']+)[\"']", re.S)


class Reader:
    """Reads a page line by line. What stands in code or comments is no link and no heading."""

    def __init__(self, path):
        self.page = Page(path)
        self.slugs = Slugs()
        self.definitions = set()
        self.references = []
        self.section = self.group = ""
        self.in_list = False
        self.fence = ""
        self.after_blank = True
        self.block = []  # lines of one paragraph, item or row, which may share a link or a span of code
        self.start = 0  # its first line

    def read(self):
        text = self.page.path.read_text(encoding="utf-8")
        for number, line in enumerate(blank_out(text, COMMENT).split("\n"), 1):
            if self.fence:
                if re.match(rf"^\s*{re.escape(self.fence[0])}{{{len(self.fence)},}}\s*$", line):
                    self.fence = ""
            elif opened := FENCE.match(line):
                self.end_block()
                self.fence = opened[1]
                self.after_blank = True
            elif not line.strip():
                self.end_block()
                self.after_blank = True
            elif not (line.startswith("    ") and self.after_blank and not self.in_list):  # else code, by its indentation
                self.read_line(number, line)
        self.end_block()
        self.page.undefined = [(line, name) for line, name in self.references if name not in self.definitions]
        return self.page

    def read_line(self, number, line):
        if heading := HEADING.match(line):
            self.end_block()
            self.in_list = False
            self.add_heading(len(heading[1]), heading[2] or "")
            self.block, self.start = [line], number  # its text may hold links
            self.end_block()
            self.after_blank = True
        elif UNDERLINE.match(line) and self.block and not self.in_list and not self.block[0].lstrip().startswith("|"):
            self.add_heading(1 if "=" in line else 2, " ".join(self.block))
            self.end_block()
        elif definition := DEFINITION.match(line):
            self.definitions.add(definition[1].lower())
            self.add_link(number, definition[2])
        else:
            self.read_text(number, line)

    def read_text(self, number, line):
        if ITEM.match(line):
            self.end_block()
            self.in_list = True
        elif line.lstrip().startswith("|"):
            self.end_block()
        elif self.after_blank and not line.startswith(" "):
            self.in_list = False
        if not self.block:
            self.start = number
        if not self.in_list:
            if not self.block:
                self.group = ""
                if bold := BOLD_LINE.match(line):
                    self.section = bold[1].strip()
            if re.match(r"[^|*].*:$", line):
                self.group = plain(line).rstrip(":")
        self.block.append(line)
        self.after_blank = False

    def add_heading(self, level, text):
        text = plain(text)
        self.page.title = self.page.title or text
        self.group = ""
        if level > 1:
            self.section = text
        name = self.slugs.add(text)
        self.page.slugs.append(name)
        self.page.anchors.add(name)

    def add_link(self, line, target, text=""):
        self.page.links.append(Link(line, html.unescape(target), text, self.in_list, self.section, self.group))

    def end_block(self):
        written = "\n".join(self.block)
        self.block = []
        text = blank_out(written, CODE_SPAN)

        def line_of(place):
            return self.start + text.count("\n", 0, place)

        for match in LINK.finditer(text):
            self.add_link(line_of(match.start()), match[2] or match[3] or "", plain(written[match.start(1):match.end(1)]))
            for inner in LINK.finditer(match[1]):  # a picture as a link's text
                self.add_link(line_of(match.start()), inner[2] or inner[3] or "")
        for match in REFERENCE.finditer(blank_out(text, LINK)):
            self.references.append((line_of(match.start()), (match[2] or match[1]).lower()))
        for match in HTML_LINK.finditer(text):
            self.add_link(line_of(match.start(1)), match[1])
        self.page.anchors.update(match[1] for match in HTML_NAME.finditer(text))


@lru_cache(maxsize=None)
def page_of(path):
    return Reader(path).read()


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
