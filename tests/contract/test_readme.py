"""README tells the truth: its commands exist, its example prints what it shows."""

import re
from pathlib import Path

from docs.readme_example import README, shown, transcript

ROOT = Path(__file__).parents[2]


def test_the_example_prints_what_readme_shows(real_data: Path, tmp_path: Path) -> None:
    assert transcript(real_data.resolve(), tmp_path) == shown()


def test_every_link_of_the_documentation_leads_somewhere() -> None:
    pages = [README, ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    links = [
        (page, target)
        for page in pages
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
        if "://" not in target
    ]
    assert links
    assert [f"{page.name}: {target}" for page, target in links if not (page.parent / target).exists()] == []
