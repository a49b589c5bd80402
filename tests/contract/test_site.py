"""The documentation as a site: built strictly, whole, and without anything from elsewhere."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.contract.pages import DOCS, ROOT

pytest.importorskip("material", reason="mkdocs-material is not installed: pip install mkdocs-material")
LOADED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src", "object": "data"}


class Page(HTMLParser):
    """What a page links to, loads, and can be linked at."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.anchors |= {value for name in ("id", "name") if (value := found.get(name))}
        if tag == "a" and (target := found.get("href")):
            self.links.append(target)
        if tag in LOADED and (target := found.get(LOADED[tag])) and found.get("rel") != "canonical":
            self.loaded.append(target)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` does, into a folder of its own."""
    folder = tmp_path_factory.mktemp("docs") / "site"
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    """Every page by its path."""
    return {path: Page(path) for path in site.rglob("*.html")}


def local(page: Path, target: str) -> tuple[Path, str] | None:
    """File and anchor that a link of a page means; none where it leaves the site."""
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return None
    path = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    return path / "index.html" if path.is_dir() else path, unquote(parts.fragment)


def reached(site: Path, pages: dict[Path, Page]) -> set[Path]:
    """The pages that links lead to, from the first one on."""
    found, waiting = set(), [site / "index.html"]
    while waiting:
        page = waiting.pop()
        if page in found or page not in pages:
            continue
        found.add(page)
        waiting += [meant[0] for target in pages[page].links if (meant := local(page, target))]
    return found


def test_every_page_of_the_documentation_is_reached_by_links(site: Path, pages: dict[Path, Page]) -> None:
    written = {path.relative_to(DOCS).with_suffix(".html") for path in DOCS.rglob("*.md")}
    written = {path.with_name("index.html") if path.name == "README.html" else path for path in written}
    assert written <= {path.relative_to(site) for path in reached(site, pages)}


def broken(pages: dict[Path, Page]) -> Iterator[str]:
    for page, read in pages.items():
        for target in read.links:
            meant = local(page, target)
            if meant is None or page.name == "404.html":
                continue
            path, anchor = meant
            other = pages.get(path)
            if not path.is_file() or (anchor and other is not None and anchor not in other.anchors):
                yield f"{page.name}: {target}"


def test_every_link_and_anchor_of_the_site_leads_somewhere(pages: dict[Path, Page]) -> None:
    """mkdocs checks what is written; this checks what came of it, the navigation included."""
    assert list(broken(pages)) == []


def test_the_site_loads_nothing_from_elsewhere(site: Path, pages: dict[Path, Page]) -> None:
    foreign = {target for read in pages.values() for target in read.loaded if urlsplit(target).netloc}
    assert foreign == set()
    styles = "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.css"))
    assert re.findall(r"(?:@import|url\()[\"'\s]*(?:https?:)?//[^)\"']*", styles) == []


def test_a_link_that_leads_nowhere_breaks_the_build(tmp_path: Path) -> None:
    """The same strictness, on a site of one page. With ``--quiet`` mkdocs would not count its warnings."""
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("# One\n\n[two](two.md) [gone](#gone)\n", encoding="utf-8")
    strict = text[text.index("validation:") : text.index("nav:\n  - Start")]
    (tmp_path / "mkdocs.yml").write_text(f"site_name: one\n{strict}", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "two.md" in done.stderr
    assert "#gone" in done.stderr
