"""Pages and files that follow from the code are what the code says."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from ictcli.cli import COMMANDS

ROOT = Path(__file__).parents[2]


def generator() -> ModuleType:
    """docs/generate.py, which writes those files."""
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_generated_files_are_up_to_date() -> None:
    stale = [
        str(path.relative_to(ROOT))
        for path, text in generator().pages().items()
        if path.read_text(encoding="utf-8") != text
    ]
    assert stale == [], "run: python docs/generate.py"


@pytest.mark.parametrize("name", ["ictcli.toml", "symbols.toml", "gates.toml"])
def test_the_checkout_is_a_workspace_with_the_shipped_config(name: str) -> None:
    shipped = (ROOT / "ictcli" / "templates" / name).read_bytes()
    assert (ROOT / "config" / name).read_bytes() == shipped


def test_every_command_has_its_section_in_the_reference() -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    for section in COMMANDS.values():
        for name in section:
            assert f"### `ictcli {name}`" in page
