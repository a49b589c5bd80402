"""Shared by all tests: real data where it exists, hypothesis profiles, one kernel cache per checkout."""

import json
import os
import sysconfig
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, is_hypothesis_test, settings

os.environ.setdefault("ICTCLI_CACHE_DIR", str(Path(__file__).parents[1] / ".cache"))

_SLOW_START = [HealthCheck.too_slow, HealthCheck.data_too_large]
for _profile, _examples in (("short", 10), ("test", 25)):  # mutants must not survive the second
    settings.register_profile(
        _profile, deadline=None, max_examples=_examples, derandomize=True, suppress_health_check=_SLOW_START
    )
settings.register_profile("proof", deadline=None, max_examples=1000, suppress_health_check=_SLOW_START)
settings.load_profile(os.environ.get("ICTCLI_TEST_PROFILE", "short"))


_WHOLE_TRADERS = (
    "trading/crash/", "trading/live/test_clock_set", "trading/test_parity_", "trading/test_other_hands",
    "reconcile/test_beside_a_trader", "reconcile/test_planted_faults", "reconcile/test_against_backtest",
    "commands/test_trade_timeframes", "commands/test_verify_paper", "research/search/test_sweep_run",
    "research/search/test_walk_forward_run", "sources/test_healing", "detectors/test_following",
    "detectors/test_extension",
)  # fmt: skip
"""Below ``tests``: what runs traders, followers or searches from end to end, again and again."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Measure no coverage where tracing costs most and tells nothing.

    Worked examples reach the lines of properties and of whole traders at a fraction of the time, and coverage
    must suffice without real data.
    """
    if os.environ.get("NUMBA_DISABLE_JIT") == "1":
        return  # here kernels count, and few tests run
    for item in items:
        real = "real_data" in getattr(item, "fixturenames", ())
        whole = item.nodeid.removeprefix("tests/").startswith(_WHOLE_TRADERS)
        if real or whole or is_hypothesis_test(getattr(item, "obj", None)):
            item.add_marker(pytest.mark.no_cover)


@pytest.fixture(autouse=True, scope="session")
def library_folders_asked_once() -> Iterator[None]:
    """Each sink of loguru asks anew where libraries lie, which is half the time of a small command."""
    answer = sysconfig.get_path
    known = lru_cache(maxsize=None)(answer)

    def asked(*given: Any, **named: Any) -> str:
        return answer(*given, **named) if named else known(*given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sysconfig, "get_path", asked)
        yield


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real market data files, or a skip that says how to provide it."""
    folder = os.environ.get("ICTCLI_REAL_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("real market data absent: set ICTCLI_REAL_DATA to its folder")
    return Path(folder)


@pytest.fixture
def proof_facts(record_property: Callable[[str, object], None]) -> Iterator[dict[str, object]]:
    """What a proof measured; `make proof` writes it beside the outcome."""
    facts: dict[str, object] = {}
    yield facts
    for name, value in facts.items():
        record_property(name, value)
    if target := os.environ.get("ICTCLI_PROOF_FACTS"):
        Path(target).write_text(json.dumps(facts))
