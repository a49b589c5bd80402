"""No scenario is forgotten: each module of the folder is registered, and says what it is."""

from pathlib import Path

import pytest

import ictcli.stress.scenarios
from ictcli.stress.registry import NAMES, scenario

FOLDER = Path(str(ictcli.stress.scenarios.__file__)).parent


def test_every_scenario_module_is_registered_and_every_registered_one_exists() -> None:
    modules = {path.stem for path in FOLDER.glob("*.py")} - {"__init__"}
    assert modules == set(NAMES)
    assert len(NAMES) == len(set(NAMES))


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_has_the_name_of_its_module_and_one_line(name: str) -> None:
    found = scenario(name)
    assert found.name == name
    assert found.line.strip()
    assert "\n" not in found.line
    assert not found.line.endswith(".")


def test_a_scenario_that_does_not_exist_is_refused() -> None:
    with pytest.raises(KeyError):
        scenario("sunshine")
