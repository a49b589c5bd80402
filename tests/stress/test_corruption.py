"""Damage is found with the right exit code, and a program that overlooks it, or cleans up, is caught."""

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from ictcli.errors import ExitCode
from ictcli.stress.corruption_cases import DAMAGES, contents, cut, flipped, inflict, inside, page_lost
from ictcli.stress.program import ictcli
from ictcli.stress.scenarios.corruption import READY

NAMED = {one.name: one for one in DAMAGES}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with bars."""
    folder = tmp_path_factory.mktemp("desk")
    for words in READY:
        assert ictcli(folder, *words).code == 0
    return folder


def test_damage_is_what_its_name_says() -> None:
    content, random = bytes(range(256)) * 64, Random(1)
    changed = [at for at, (a, b) in enumerate(zip(content, flipped(content, random), strict=True)) if a != b]
    assert len(changed) == 1
    assert content.startswith(cut(content, random))
    lost = page_lost(content, random)
    assert len(lost) == len(content)
    assert lost.count(bytes(4096)) == 1
    assert inside(b"abc", 3)(b"xabcdef", random) == b"xabceef"


@pytest.mark.parametrize("name", ["a bit of a part", "an unknown key in a configuration"])
def test_damage_is_found_and_nothing_else_changes(desk: Path, name: str) -> None:
    before = contents(desk)
    assert inflict(NAMED[name], desk, Random(1)) == ""
    assert contents(desk) == before


def test_a_program_that_reads_over_damage_is_caught(desk: Path) -> None:
    lax = replace(NAMED["a bit of a part"], words=("config", "check"))
    assert inflict(lax, desk, Random(1)) == "exit 0, not 5: no error"


def test_a_program_that_touches_other_files_is_caught(desk: Path) -> None:
    (desk / "config" / "gates.toml").write_text("# mine\n", encoding="utf-8")
    busy = replace(NAMED["a key emptied"], words=("init", ".", "--force"), code=ExitCode.OK)
    assert inflict(busy, desk, Random(1)) == "changed config/gates.toml"
