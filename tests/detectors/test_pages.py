"""Every detector and strategy has a page that names all it takes and gives."""

import re
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from ictcli.detectors.base.events import RECORD_NAMES
from ictcli.detectors.registry import DETECTORS
from ictcli.detectors.schemas import COMMON, zone_schema
from ictcli.strategies.known import STRATEGIES

DOCS = Path(__file__).parents[2] / "docs"


FIELDS = (DOCS / "detectors" / "fields.md").read_text(encoding="utf-8")


def columns_of(kind: str) -> set[str]:
    """The columns that objects of a kind may fill."""
    detector = DETECTORS[kind]
    shared = set(zone_schema(5, ()).names) - set(COMMON)
    return shared | set(detector.columns) | {extra.name for extra in detector.extras}


def test_the_page_of_fields_names_every_detector_that_has_fields_and_only_columns_there_are() -> None:
    rows = 0
    for section in FIELDS.split("\n## ")[1:]:
        title, _, body = section.partition("\n")
        kinds = re.findall(r"`(\w+)`", title)
        known = set.union(*(columns_of(kind) for kind in kinds))
        for line in body.splitlines():
            if not line.startswith("| ") or line.startswith("| field"):
                continue
            rows += 1
            field, named, reason = (cell.strip() for cell in line.strip("|").split("|"))
            words = set(re.findall(r"`(\w+)`", named))
            assert words <= (set(RECORD_NAMES) if field == "records" else known), (title, field)
            assert words or (named == "-" and reason), (title, field)
    assert rows > 80


def test_the_page_of_fields_speaks_of_parameters_that_exist() -> None:
    """Left-out fields that are parameters name one of the detectors of their section."""
    named = 0
    for section in FIELDS.split("\n## ")[1:]:
        title, _, body = section.partition("\n")
        params = [DETECTORS[kind].params for kind in re.findall(r"`(\w+)`", title)]
        known = {field.name for record in params for field in msgspec.structs.fields(record)}
        parameters = re.findall(r"parameter `(\w+)`", body)
        assert set(parameters) <= known, title
        named += len(parameters)
    assert named >= 4


def generator() -> ModuleType:
    """docs/detector_pages.py, which writes the pages."""
    spec = spec_from_file_location("detector_pages", DOCS / "detector_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def differences(wanted: dict[Path, str], folder: Path) -> list[str]:
    """Files that are missing, too many, or other than what was wanted."""
    present = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    expected = {path.name: text for path, text in wanted.items()}
    return sorted(name for name in present.keys() | expected if present.get(name) != expected.get(name))


def test_the_pages_of_the_detectors_are_what_the_code_says() -> None:
    """When this fails: python docs/detector_pages.py."""
    assert differences(generator().pages(), DOCS / "detectors") == []


def test_a_stale_a_missing_and_a_left_over_page_are_noticed(tmp_path: Path) -> None:
    wanted = {tmp_path / name: name for name in ("swing.md", "fvg.md", "fvg.svg")}
    (tmp_path / "swing.md").write_text("swing.md", encoding="utf-8")
    (tmp_path / "fvg.md").write_text("fvg.md as it was", encoding="utf-8")
    (tmp_path / "gone.md").write_text("", encoding="utf-8")
    assert differences(wanted, tmp_path) == ["fvg.md", "fvg.svg", "gone.md"]


@pytest.mark.parametrize("name", list(DETECTORS))
def test_every_detector_has_a_drawn_example(name: str) -> None:
    assert f"]({name}.svg)" in (DOCS / "detectors" / f"{name}.md").read_text(encoding="utf-8")


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
