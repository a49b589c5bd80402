"""The page of the features names all that is registered, and is what the code says."""

import re
from pathlib import Path

import pytest

from ictcli.features.registry import FEATURES, SETS
from ictcli.features.tables import feature_reference

PAGE = (Path(__file__).parents[2] / "docs" / "features.md").read_text(encoding="utf-8")


@pytest.mark.jit_off
def test_the_page_is_what_the_registry_says() -> None:
    """When this fails: python docs/generate.py."""
    assert feature_reference() in PAGE


@pytest.mark.jit_off
@pytest.mark.parametrize("name", list(FEATURES))
def test_every_feature_has_a_section_with_its_columns_warm_up_and_fallbacks(name: str) -> None:
    _, _, rest = feature_reference().partition(f"### `{name}`\n")
    section = rest.partition("\n### ")[0]
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in section.splitlines() if line.startswith("| `")]
    assert [row[0].strip(" `") for row in rows] == [column.name for column in FEATURES[name].columns]
    assert all(len(row) == 3 and all(cell.strip() for cell in row) for row in rows)
    assert "Warm-up: " in section
    assert all(f"`{feed.detector}" in section for feed in FEATURES[name].feeds)


@pytest.mark.jit_off
def test_every_set_is_listed_with_its_size() -> None:
    for own in SETS.values():
        assert f"| `{own.name}` | {own.summary} | {len(own.features)} | {len(own.names)} |" in PAGE
