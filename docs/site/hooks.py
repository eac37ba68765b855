"""What mkdocs calls while it builds the site: the pages come as HTML, which docs/site/render.py and api.py made."""

import html
import json
import re
from pathlib import Path

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


def on_post_build(config, **_):
    """Takes the copies of sources that no list names out of the search: they would bury the pages."""
    index = Path(config["site_dir"]) / "search" / "search_index.json"
    found = json.loads(index.read_text(encoding="utf-8"))
    sources = set((Path(config["config_file_path"]).parent / "sources.txt").read_text(encoding="utf-8").splitlines())
    found["docs"] = [entry for entry in found["docs"] if entry["location"].partition("#")[0] not in sources]
    index.write_text(json.dumps(found, separators=(",", ":")), encoding="utf-8")
