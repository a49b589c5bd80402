"""The page on adding a feature, followed to the letter in a copy of the checkout."""

import shutil
import sys
from pathlib import Path

import pytest

from tests.contract.pages import Checkout, commands, read

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="the page's commands are of a POSIX shell"),
    pytest.mark.skipif(shutil.which("patch") is None, reason="patch is not installed"),
]
PAGE = read("extend-a-feature.md")


def test_a_feature_of_the_page_is_registered_and_swept(tmp_path: Path) -> None:
    """Without the compiler, so the sweep of the feature by itself only."""
    checkout = Checkout(tmp_path, compiled=False)
    checkout.follow(PAGE)
    fuse, _, generate, sweep = commands(PAGE)[:4]
    checkout.run(fuse)
    checkout.run(generate)
    assert "### `range_share`" in (checkout.folder / "docs" / "features.md").read_text(encoding="utf-8")
    assert sweep.startswith("python -m pytest")
    registered = f"{sweep} -k 'range_share and not among and not says or mine'"
    assert " passed" in checkout.run(registered)


@pytest.mark.proof
def test_every_command_of_the_page_succeeds_with_the_compiler_on(
    tmp_path: Path, proof_facts: dict[str, object]
) -> None:
    checkout = Checkout(tmp_path, compiled=True)
    checkout.follow(PAGE)
    told = [checkout.run(command) for command in commands(PAGE)]
    assert "edge" in told[-1]
    proof_facts["commands"] = len(told)
