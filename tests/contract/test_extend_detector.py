"""The page on adding a detector, followed to the letter in a copy of the checkout."""

import shutil
import sys
from pathlib import Path

import pytest

from tests.contract.pages import Checkout, commands, read

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="the page's commands are of a POSIX shell"),
    pytest.mark.skipif(shutil.which("patch") is None, reason="patch is not installed"),
]
PAGE = read("extend-a-detector.md")


def test_a_detector_of_the_page_is_registered_and_swept(tmp_path: Path) -> None:
    """Without the compiler, which would take longer than everything else."""
    checkout = Checkout(tmp_path, compiled=False)
    checkout.follow(PAGE)
    fuse, *_, sweep = commands(PAGE)[:5]
    checkout.run(fuse)
    fused = (checkout.folder / "ictcli" / "detectors" / "fused.py").read_text(encoding="utf-8")
    assert 'outside_bar.step(states["outside_bar"]' in fused
    assert sweep.startswith("python -m pytest")
    assert " passed" in checkout.run(f"{sweep} -k 'outside_bar and (prefix or negated)'")


@pytest.mark.proof
def test_a_detector_that_treats_one_side_differently_fails_the_sweep(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path, compiled=False)
    checkout.follow(PAGE)
    module = checkout.folder / "ictcli" / "detectors" / "candles" / "outside_bar.py"
    text = module.read_text(encoding="utf-8")
    spoiled = text.replace('bar["low"] < low:', 'bar["low"] <= low + 3:')
    assert spoiled != text
    module.write_text(spoiled, encoding="utf-8")
    with pytest.raises(AssertionError, match="test_negated_bars_give_the_negated_events"):
        checkout.run("python -m pytest -q tests/detectors/test_causality.py -k 'outside_bar and negated'")


@pytest.mark.proof
def test_every_command_of_the_page_succeeds_with_the_compiler_on(
    tmp_path: Path, proof_facts: dict[str, object]
) -> None:
    checkout = Checkout(tmp_path, compiled=True)
    checkout.follow(PAGE)
    told = [checkout.run(command) for command in commands(PAGE)]
    assert "0 rewritten" in told[-1] or "none" in told[-1], told[-1]
    checkout.run(
        "python -m pytest -q tests/detectors/test_pages.py tests/detectors/test_live.py -k 'fused or pages'"
    )
    proof_facts["commands"] = len(told)
