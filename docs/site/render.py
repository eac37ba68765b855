"""Makes the site's pages of the project's: Markdown as GitHub shows it, and copies of the sources that pages link to."""

import html
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import quote, unquote

import diagrams
import pages
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, get_lexer_by_name, get_lexer_for_filename
from pygments.util import ClassNotFound

CMARK = ["cmark-gfm", "--unsafe", "--github-pre-lang"]
for extension in ("table", "strikethrough", "autolink", "tasklist"):
    CMARK += ["-e", extension]


class Problem(Exception):
    """Something in the project's pages that has to be mended: FILE:LINE: what."""


def colour(code, language):
    """Code as HTML, its words marked for the theme's colours."""
    try:
        lexer = get_lexer_by_name(language, stripnl=False) if language else TextLexer(stripnl=False)
    except ClassNotFound:
        lexer = TextLexer(stripnl=False)
    marked = highlight(code, lexer, HtmlFormatter(nowrap=True))
    return f'<div class="highlight"><pre><code>{marked}</code></pre></div>'


def heading(level, name, shown):
    """A heading with its anchor; hooks.py makes the table of contents of these."""
    link = f'<a class="headerlink" href="#{name}" title="Permanent link">&para;</a>'
    return f'<h{level} id="{name}">{shown}{link}</h{level}>'


def visible(name):
    """The path of a copy: mkdocs leaves out what begins with a dot."""
    return re.sub(r"(^|/)\.(?=[^./])", r"\1dot-", name)


class Site:
    """What goes into the folder that mkdocs reads, and where each file of the project is found there."""

    def __init__(self, root, folder, api_headers):
        self.root = root
        self.folder = folder
        self.api_headers = api_headers  # path in the project -> the header as it is included
        self.written = set()
        self.copies = set()  # paths in the project that pages link to, still to be written
        self.sources = []  # addresses of copied sources, which the search leaves out

    def write(self, path, title, body):
        """Writes a page for hooks.py: PATH.md in mkdocs' folder, with HTML in it."""
        path = visible(path)
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(f"---\ntitle: {json.dumps(title)}\n---\n{body}\n", encoding="utf-8")
        self.written.add(path)

    def address(self, path):
        """Where the site shows a file or folder of the project; asks for a copy if nothing else shows it."""
        name = path.relative_to(self.root).as_posix()
        if name in self.api_headers:
            return f"api/{self.api_headers[name]}.html"
        if path.is_dir() and (path / "README.md").is_file():
            path = path / "README.md"
            name = path.relative_to(self.root).as_posix()
        self.copies.add(name)
        name = visible(name)
        if path.is_dir():
            return f"{name}/index.html"
        if path.name == "README.md":
            return f"{name[:-len('README.md')]}index.html"
        if path.suffix in (".svg", ".png", ".jpg", ".gif"):
            return name
        return f"{name[:-3]}.html" if path.suffix == ".md" else f"{name}.html"

    def link(self, page, target):
        """The link of a page in the project as it is to be on the site."""
        if pages.is_external(target) or target.startswith("#"):
            return target
        written, _, anchor = target.partition("#")
        path = (page.parent / unquote(written)).resolve()
        if not path.exists() or not path.is_relative_to(self.root):
            raise Problem(f'{page.relative_to(self.root)}:1: the link "{target}" leads nowhere: see docs/site/check_links')
        here = Path(self.address(page)).parent
        address = os.path.relpath(self.address(path), here)
        if path.relative_to(self.root).as_posix() in self.api_headers:
            anchor = ""  # the reference is not numbered by lines
        return quote(address) + (f"#{anchor.partition('-')[0] if re.match('L[0-9]', anchor) else anchor}" if anchor else "")

    def render(self, page):
        """Writes the copy of a Markdown page."""
        name = page.relative_to(self.root).as_posix()
        made = subprocess.run([*CMARK, str(page)], capture_output=True, text=True, check=True).stdout
        text = page.read_text(encoding="utf-8")
        slugs = pages.Slugs()
        blocks = []
        drawn = 0

        def keep(match):
            nonlocal drawn
            language = html.unescape(match[1] or "")
            code = html.unescape(match[2])
            if language == "mermaid":
                line = [text.count("\n", 0, found.start()) + 1 for found in re.finditer(r"^\s*```\s*mermaid", text, re.M)][drawn]
                drawn += 1
                try:
                    blocks.append(diagrams.draw(code))
                except diagrams.CannotDraw as error:
                    raise Problem(f"{name}:{line + error.line}: {error}") from error
            else:
                blocks.append(colour(code, language))
            return f"\0{len(blocks) - 1}\0"

        def mark_heading(match):
            shown = match[2]
            return heading(match[1], slugs.add(html.unescape(re.sub(r"<[^>]+>", "", shown))), shown)

        def redirect(match):
            return f'{match[1]}="{html.escape(self.link(page, html.unescape(match[2])))}"'

        made = re.sub(r'<pre(?: lang="([^"]*)")?><code>(.*?)</code></pre>', keep, made, flags=re.S)
        made = re.sub(r"<!--.*?-->\n?", "", made, flags=re.S)
        made = re.sub(r"\b(href|src)=\"([^\"]*)\"", redirect, made)
        made = re.sub(r"<h([1-6])>(.*?)</h\1>", mark_heading, made, flags=re.S)
        made = re.sub(r"\0(\d+)\0", lambda match: blocks[int(match[1])], made)
        known = pages.page_of(page)
        if list(known.slugs) != re.findall(r'<h[1-6] id="([^"]*)"', made):
            raise Problem(f"{name}:1: docs/site/check_links finds other headings in this page than cmark-gfm: mend pages.py")
        self.write(name, known.title or name, made)

    def copy(self, name):
        """Writes what shows a source file, a picture or a folder that a page links to."""
        path = self.root / name
        if path.is_dir():
            self.copy_folder(name, path)
        elif path.suffix in (".svg", ".png", ".jpg", ".gif"):
            target = self.folder / visible(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        elif path.suffix == ".md":
            self.render(path)
        else:
            self.copy_source(name, path)

    def copy_source(self, name, path):
        code = path.read_text(encoding="utf-8")
        try:
            lexer = get_lexer_for_filename(path.name, stripnl=False)
        except ClassNotFound:
            lexer = get_lexer_by_name("bash") if code.startswith("#!") else TextLexer(stripnl=False)
        lines = highlight(code, lexer, HtmlFormatter(nowrap=True)).split("\n")
        numbered = "\n".join(f'<span id="L{number}">{line}</span>' for number, line in enumerate(lines, 1))
        title = heading(1, "top", f"<code>{html.escape(name)}</code>")
        self.write(f"{name}.md", name, f'{title}<div class="highlight"><pre><code>{numbered}</code></pre></div>')
        self.sources.append(visible(f"{name}.html"))

    def copy_folder(self, name, path):
        shown = ""
        for child in sorted(path.iterdir()):
            if not child.name.startswith((".", "__")):
                text = f"<code>{html.escape(child.name)}{'/' if child.is_dir() else ''}</code>"
                if child.suffix == ".md":
                    text = f'<a href="{os.path.relpath(self.address(child), visible(name))}">{text}</a>'
                shown += f"<li>{text}</li>"
        self.write(f"{name}/index.md", f"{name}/", f"{heading(1, 'top', f'<code>{html.escape(name)}/</code>')}<ul>{shown}</ul>")
        self.sources.append(visible(f"{name}/index.html"))

    def write_all(self):
        """Writes the project's pages, and whatever they link to."""
        for page in pages.project_pages(self.root):
            self.render(page)
        done = {page.relative_to(self.root).as_posix() for page in pages.project_pages(self.root)}
        while to_do := self.copies - done:
            for name in sorted(to_do):
                done.add(name)
                self.copy(name)

    def navigation(self):
        """The pages as docs/README.md lists them, under its headings; a folder's README.md opens a section of its own."""
        index = self.root / "docs" / "README.md"
        named = {index}

        def title_of(link, path):
            return pages.page_of(path).title if path.suffix == ".md" else link.text or path.name

        def entry(link, path):
            address = path.relative_to(self.root).as_posix()
            if path.suffix != ".md":
                return {title_of(link, path): f"{address}.md"}
            if path.name == "README.md" and path != self.root / "README.md":
                return {title_of(link, path): [address, *section(path)]}
            return address

        def section(list_page):
            """Entries of one list, which are the links that lead to nothing named before: those in lists first, then others."""
            entries, groups = [], {}

            def place(*titles):
                """The list of entries below these titles, which begins where the first of them stands."""
                inside = entries
                for depth in range(1, len(titles) + 1):
                    if titles[:depth] not in groups:
                        groups[titles[:depth]] = []
                        inside.append({titles[depth - 1]: groups[titles[:depth]]})
                    inside = groups[titles[:depth]]
                return inside

            for link, path in sorted(pages.listed(self.root, list_page), key=lambda found: not found[0].in_list):
                if path not in named and (path.suffix == ".md" or path.name == "main.cpp"):
                    named.add(path)
                    place(*filter(None, (link.section, link.group))).append(entry(link, path))
            return entries

        top = [name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md") if (self.root / name).is_file()]
        named.update(self.root / name for name in top)
        listed = section(index)
        sections = [found for found in listed if isinstance(found, dict) and isinstance(next(iter(found.values())), list)]
        others = [found for found in listed if found not in sections]
        return [{"Home": ["README.md", {"All pages": "docs/README.md"}, *others, *top[1:]]}, *sections]
