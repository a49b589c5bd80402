"""Mutated files in process: stored, or refused with a reason; never anything else."""

import random
from pathlib import Path

import pytest

from ictcli.errors import IctError
from ictcli.sources.source import Request
from tests.sources.ingesting import Desk, rows_of, weekday_minutes, write

INSERTS = (b",", b"\n", b'"', b"\x00", b"1e308", b"-", b"inf", b"nan", b"9" * 30, b"2200-01-01", b".")


def mutated(text: bytes, chance: random.Random) -> bytes:
    data = bytearray(text)
    for _ in range(chance.choice([1, 3, 10, 60])):
        data = data or bytearray(b"x")
        at, other = chance.randrange(len(data)), chance.randrange(len(data))
        match chance.randrange(6):
            case 0:
                data[at] = chance.randrange(256)
            case 1:
                del data[at : at + chance.choice([1, 5, 50, 500])]
            case 2:
                data[at:at] = chance.choice(INSERTS)
            case 3:
                data[at:at] = data[other : other + chance.choice([10, 60, 600])]
            case 4:
                data = data[: max(at, 50)]
            case _:
                data[at : at + 1] = bytes([48 + chance.randrange(10)])
    return bytes(data)


def bring_mutants(folder: Path, seeds: range) -> tuple[int, int]:
    """How many were stored and how many refused; anything but a reasoned refusal escapes."""
    stored = refused = 0
    original = write(folder / "EURUSD_M1.csv", rows_of(weekday_minutes(120))).read_bytes()
    for seed in seeds:
        chance = random.Random(seed)
        desk = Desk(folder / str(seed))
        desk.folder.mkdir()
        path = desk.folder / "EURUSD_M1.csv"
        path.write_bytes(mutated(original, chance))
        try:
            desk.bring(path, tz=chance.choice(["utc", "", "eet@close"]), request=Request(force=seed % 3 == 0))
            stored += 1
        except IctError as error:
            assert error.message
            refused += 1
    return stored, refused


def test_mutated_files_are_stored_or_refused_with_a_reason(tmp_path: Path) -> None:
    stored, refused = bring_mutants(tmp_path, range(60))

    assert stored > 10
    assert refused > 10


@pytest.mark.proof
def test_ten_thousand_mutated_files_are_stored_or_refused_with_a_reason(
    tmp_path: Path, proof_facts: dict[str, object]
) -> None:
    stored, refused = bring_mutants(tmp_path, range(10_000))
    proof_facts.update(stored=stored, refused=refused)

    assert stored + refused == 10_000
