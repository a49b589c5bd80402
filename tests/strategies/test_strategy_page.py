"""The page of the strategies says what the code does."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from ictcli.strategies.known import STRATEGIES

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def pages() -> ModuleType:
    """docs/strategy_pages.py, which writes the page."""
    spec = spec_from_file_location("strategy_pages", DOCS / "strategy_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_code_says(pages: ModuleType) -> None:
    """When this fails: python docs/strategy_pages.py."""
    text = (DOCS / "strategies.md").read_text(encoding="utf-8")
    assert pages.page(text) == text


@pytest.mark.parametrize("name", list(STRATEGIES))
def test_every_parameter_and_reason_of_a_strategy_is_told(name: str, pages: ModuleType) -> None:
    section = "\n".join(pages.section(STRATEGIES[name]))
    names = [field.name for field in msgspec.structs.fields(STRATEGIES[name].params)]
    assert [one for one in names if f"| `{one}` |" not in section] == []
    assert [one for one in STRATEGIES[name].reasons if one not in section] == []
    assert not [line for line in section.splitlines() if line.endswith("|  |")]
