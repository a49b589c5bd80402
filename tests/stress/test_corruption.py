"""Damage is found with the right exit code, and a program that overlooks it, or cleans up, is caught."""

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from ictcli.errors import ExitCode
from ictcli.stress.corruption_cases import (
    DAMAGES,
    Damage,
    contents,
    cut,
    flipped,
    inflict,
    inside,
    page_lost,
)
from ictcli.stress.program import Ran, ictcli
from ictcli.stress.scenarios import corruption
from ictcli.stress.scenarios.corruption import READY
from ictcli.telemetry import silent
from tests.stress.settings import setting_of

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


def test_only_what_draws_a_place_is_tried_again_with_another_seed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A claim over listed cases counts each once, and lists them all."""
    inflicted: list[tuple[str, float]] = []

    def noted(damage: Damage, folder: Path, random: Random) -> str:
        inflicted.append((damage.name, random.random()))
        return ""

    monkeypatch.setattr(corruption, "ictcli", lambda folder, *words: Ran(0, {}))
    monkeypatch.setattr(corruption, "inflict", noted)
    monkeypatch.setattr(corruption, "_trade", lambda desk: None)
    monkeypatch.setattr(corruption, "_under_a_trader", lambda desk, random: {"a start": ""})
    (claim,) = corruption.run(replace(setting_of(tmp_path), seeds=3), 5, silent)
    drawn = [damage.name for damage in DAMAGES if damage.varies]
    assert claim.n == len(DAMAGES) + 2 * len(drawn) + 1
    assert len(set(inflicted)) == len(inflicted)
    assert "a bit of a part (3 places)" in claim.note
    assert claim.note.endswith("a start")


def test_a_program_that_reads_over_damage_is_caught(desk: Path) -> None:
    lax = replace(NAMED["a bit of a part"], words=("config", "check"))
    assert inflict(lax, desk, Random(1)) == "exit 0, not 5: no error"


def test_a_program_that_touches_other_files_is_caught(desk: Path) -> None:
    (desk / "config" / "gates.toml").write_text("# mine\n", encoding="utf-8")
    busy = replace(NAMED["a key emptied"], words=("init", ".", "--force"), code=ExitCode.OK)
    assert inflict(busy, desk, Random(1)) == "changed config/gates.toml"
