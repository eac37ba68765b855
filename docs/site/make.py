"""Makes what mkdocs reads: the pages of the project and of the API reference, and mkdocs' configuration with the navigation."""

import json
import shutil
import sys
from pathlib import Path

sys.dont_write_bytecode = True

from api import Reference, Writer  # noqa: E402
from headers import public_headers  # noqa: E402
from prose import UnknownElement  # noqa: E402
from render import Problem, Site  # noqa: E402


def main():
    root = Path(__file__).resolve().parents[2]
    build = root / "build" / "site"
    here = root / "docs" / "site"
    folder = build / "pages"
    shutil.rmtree(folder, ignore_errors=True)
    headers = public_headers(root)
    site = Site(root, folder, headers)
    site.write_all()
    writer = Writer(Reference(build / "xml", headers.values()), site)
    writer.write_all()
    shutil.copyfile(here / "site.css", folder / "site.css")
    settings = {
        "INHERIT": str(here / "mkdocs.yml"),
        "docs_dir": str(folder),
        "site_dir": str(build / "html"),
        "hooks": [str(here / "hooks.py")],
        "nav": [*site.navigation(), *writer.navigation()],
    }
    (build / "mkdocs.yml").write_text(json.dumps(settings, indent=1), encoding="utf-8")
    in_navigation = json.dumps(settings["nav"])
    unnamed = [name for name in sorted(site.written) if json.dumps(name) not in in_navigation]
    copies = [name for name in unnamed if name.removesuffix(".md") + ".html" in site.sources]
    missing = [name for name in unnamed if name not in copies]
    (build / "sources.txt").write_text("".join(f"{name.removesuffix('.md')}.html\n" for name in copies), encoding="utf-8")
    for name in missing:
        print(f"{name}:1: the site's navigation does not name this page: add it to docs/README.md", file=sys.stderr)
    pages_made = len(site.written) - len(headers) - len(site.sources)
    print(f"{pages_made} pages, {len(headers)} headers, {len(site.sources)} copies of sources")
    return 1 if missing else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Problem, UnknownElement) as error:
        print(error, file=sys.stderr)
        sys.exit(1)
