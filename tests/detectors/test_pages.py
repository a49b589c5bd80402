"""Every detector and strategy has a page that names all it takes and gives."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import msgspec
import pytest

from ictcli.detectors.registry import DETECTORS
from ictcli.strategies.registry import STRATEGIES

DOCS = Path(__file__).parents[2] / "docs"


def test_the_pages_of_the_detectors_are_what_the_code_says() -> None:
    """When this fails: python docs/detector_pages.py."""
    spec = spec_from_file_location("detector_pages", DOCS / "detector_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    wanted = module.pages()
    assert {path for path in wanted if not path.is_file()} == set()
    assert {path for path in (DOCS / "detectors").iterdir()} == set(wanted)
    assert [path.name for path, text in wanted.items() if path.read_text(encoding="utf-8") != text] == []


@pytest.mark.parametrize("name", list(DETECTORS))
def test_the_page_of_a_detector_names_its_parameters_and_columns(name: str) -> None:
    page = (DOCS / "detectors" / f"{name}.md").read_text(encoding="utf-8")
    detector = DETECTORS[name]
    words = [field.name for field in msgspec.structs.fields(detector.params)] + list(detector.columns)
    words += [extra.name for extra in detector.extras]
    assert [word for word in words if f"`{word}`" not in page] == []
    undescribed = [line for line in page.splitlines() if line.startswith("| `") and line.endswith("|  |")]
    assert undescribed == []


@pytest.mark.parametrize("name", list(STRATEGIES))
def test_the_page_of_the_strategies_names_every_parameter(name: str) -> None:
    page = (DOCS / "strategies.md").read_text(encoding="utf-8")
    names = [field.name for field in msgspec.structs.fields(STRATEGIES[name].params)]
    assert [word for word in [name, *names] if word not in page] == []
