"""A month of paper trading in chaos is clean every night; a trader with a mistake is found the first night.

What is asked is whether the books of ledger and broker are the same. A mistake that only endangers them, as
sending while halted, leaves no trace in them and is for the order manager's own simulation to find.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from ictcli.trading.simulation.world import Case
from tests.reconcile.nights import Month, Night
from tests.trading.simulation.planted import MISTAKES

WRONG_BOOKS = (
    "sends before it journals",
    "never syncs the journal",
    "retries blindly after silence",
    "sends again when one look finds nothing",
    "books a deal each time it is seen",
    "drops fills that come after the end",
    "does not fetch what it missed",
    "sends again what was under way at a crash",
    "books no cash movements",
)
"""Mistakes that leave a ledger which is not the broker's."""
DAYS, MONTHS, SEEDS = 30, 6, 60
"""Of the proofs: nights of a month, months, first nights of every mistake."""


def nights(folder: Path, case: Case, days: int, mistake: str = "") -> list[Night]:
    """Reconciliations of some days."""
    start = {"start": MISTAKES[mistake]} if mistake else {}
    return Month(case, folder, **start).nights_of(days)


@pytest.mark.parametrize(("seed", "deduplicates"), [(1, False), (4, True)])
def test_a_trader_in_chaos_is_clean_night_after_night(
    tmp_path: Path, seed: int, *, deduplicates: bool
) -> None:
    found = nights(tmp_path, Case(seed, deduplicates), 1)
    assert [(one.found, one.clean, one.wrong) for one in found] == [(False, True, ())]


@pytest.mark.parametrize(
    ("mistake", "seed"),
    [
        ("drops fills that come after the end", 1),
        ("books no cash movements", 1),
        ("books a deal each time it is seen", 1),
    ],
)
def test_a_trader_with_a_mistake_is_found_the_first_night(tmp_path: Path, mistake: str, seed: int) -> None:
    (night,) = nights(tmp_path, Case(seed), 1, mistake)
    assert night.found
    assert night.wrong or night.first is None


def test_an_order_that_left_before_it_was_written_is_found_though_the_trader_flagged_it(
    tmp_path: Path,
) -> None:
    (night,) = nights(tmp_path, Case(6), 1, "sends before it journals")
    assert night.first is not None
    assert [one.name for one in night.first.findings if one.root] == ["foreign order:1003"]


@pytest.mark.proof
def test_proof_months_in_chaos_are_clean_every_night(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    count = 0
    for seed in range(1, MONTHS + 1):
        found = nights(tmp_path / str(seed), Case(seed, deduplicates=bool(seed % 2)), DAYS)
        assert [(one.clean, one.wrong) for one in found] == [(True, ())] * DAYS
        count += len(found)
    record_property("months", MONTHS)
    record_property("nights", count)


@pytest.mark.proof
def test_proof_wrong_books_are_found_the_first_night(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    told: dict[str, tuple[int, int]] = {}
    for number, mistake in enumerate(MISTAKES):
        wrong = found = 0
        for seed in range(1, SEEDS + 1):
            (night,) = nights(tmp_path / f"{number}-{seed}", Case(seed), 1, mistake)
            assert night.found or not night.wrong, f"{mistake}, seed {seed}: {night.wrong}"
            wrong, found = wrong + bool(night.wrong or night.first is None), found + night.found
        told[mistake] = wrong, found
    assert all(told[mistake][1] for mistake in WRONG_BOOKS)
    record_property("first nights of each mistake", SEEDS)
    record_property("wrong books and found, by mistake", told)
