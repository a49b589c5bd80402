"""Every detector and strategy has a page that names all it takes and gives."""

from pathlib import Path

import msgspec
import pytest

from ictcli.detectors.registry import DETECTORS
from ictcli.strategies.registry import STRATEGIES

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", list(DETECTORS))
def test_the_page_of_a_detector_names_its_parameters_and_columns(name: str) -> None:
    page = (DOCS / "detectors" / f"{name}.md").read_text(encoding="utf-8")
    detector = DETECTORS[name]
    words = [field.name for field in msgspec.structs.fields(detector.params)] + list(detector.columns)
    assert [word for word in words if f"`{word}`" not in page] == []


@pytest.mark.parametrize("name", list(STRATEGIES))
def test_the_page_of_the_strategies_names_every_parameter(name: str) -> None:
    page = (DOCS / "strategies.md").read_text(encoding="utf-8")
    names = [field.name for field in msgspec.structs.fields(STRATEGIES[name].params)]
    assert [word for word in [name, *names] if word not in page] == []
