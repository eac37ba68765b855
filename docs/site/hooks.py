"""What mkdocs calls while it builds the site: the pages come as HTML, which docs/site/render.py and api.py made."""

import html
import re

from mkdocs.structure.toc import get_toc


def on_page_markdown(markdown, page, **_):
    page.made = markdown
    return ""


def on_page_content(_html, page, **_):
    tops = []
    path = []  # the headings that are open, the outermost first
    for level, name, shown in re.findall(r'<h([1-6]) id="([^"]*)">(.*?)(?:<a class="headerlink"[^>]*>[^<]*</a>)?</h\1>', page.made, re.S):
        token = {"level": int(level), "id": name, "name": html.escape(html.unescape(re.sub(r"<[^>]+>", "", shown))), "children": []}
        while path and path[-1]["level"] >= token["level"]:
            path.pop()
        (path[-1]["children"] if path else tops).append(token)
        path.append(token)
    page.toc = get_toc(tops)
    return page.made
