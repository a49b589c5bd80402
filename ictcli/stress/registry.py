"""The scenarios, by name, in the order in which they run; each is a module of ``ictcli/stress/scenarios``."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ictcli.stress.scenario import Scenario

NAMES: tuple[str, ...] = (
    "symbols",
    "throughput",
    "memory",
    "connectivity",
    "recovery",
    "limits",
    "corruption",
    "alert_storm",
)
"""A scenario that is not here is found by tests/stress/test_registry.py."""


def scenario(name: str) -> "Scenario":
    """A scenario, its module imported when it is asked for.

    Raises:
        KeyError: there is none of that name.
    """
    if name not in NAMES:
        raise KeyError(name)
    from ictcli.stress.scenario import Scenario  # noqa: PLC0415 - whoever asks for names needs none of it

    found = import_module(f"ictcli.stress.scenarios.{name}").SCENARIO
    if not isinstance(found, Scenario):
        raise TypeError(f"SCENARIO of {name} is {type(found).__name__}")
    return found
