"""A damaged statement file is refused or its contradictions are reported; none is half read in silence."""

import random
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from ictcli.reconcile.statements.reading import read_statement
from tests.reconcile.statements.book import book
from tests.reconcile.statements.mutating import MUTATIONS
from tests.reconcile.statements.outcomes import MT4_TOLD_ONCE, TOLD_ONCE, outcome
from tests.reconcile.statements.writing import deals_csv, foreign, mt4, mt5

MT5 = [
    mt5(book(1, 4)),
    mt5(book(2, 4, 1, parts=True)),
    mt5(book(3, 4, 1, commission=True)),
    mt5(book(4, 4, 1), foreign()),
]
MT4 = [mt4(book(1)), mt4(book(2, still=0))]


def damage(folder: Path, texts: list[str], once: frozenset[str], seeds: Iterable[int]) -> Counter[str]:
    """What became of files, each with one fault; every kind of fault in turn."""
    path, counts = folder / "damaged.html", Counter[str]()
    originals = []
    for text in texts:
        path.write_text(text, encoding="utf-8")
        originals.append(read_statement(path))
    for seed in seeds:
        mutate, which = MUTATIONS[seed % len(MUTATIONS)], seed // len(MUTATIONS) % len(texts)
        path.write_text(mutate(texts[which], random.Random(seed)), encoding="utf-8")
        found = outcome(path, originals[which], once)
        assert not found.startswith("silent"), f"{mutate.__name__}, seed {seed}: {found}"
        counts[found] += 1
    return counts


@pytest.mark.parametrize(("texts", "once"), [(MT5, TOLD_ONCE), (MT4, MT4_TOLD_ONCE)], ids=["mt5", "mt4"])
def test_no_fault_of_a_report_passes_in_silence(
    tmp_path: Path, texts: list[str], once: frozenset[str]
) -> None:
    counts = damage(tmp_path, texts, once, range(70))
    assert counts["refused"] > 35
    assert counts["reported"] > 3


def test_a_report_that_ends_at_any_byte_is_refused(tmp_path: Path) -> None:
    text = mt5(book(1, closed=1, still=0)).encode("utf-16")
    path = tmp_path / "cut.html"
    path.write_bytes(text)
    whole = read_statement(path)
    for end in range(0, len(text), 197):
        path.write_bytes(text[:end])
        assert outcome(path, whole, frozenset()) == "refused", end


def test_deals_in_csv_that_end_at_any_byte_are_refused(tmp_path: Path) -> None:
    text = deals_csv(book(1, closed=2, still=0)).encode()
    path = tmp_path / "cut.csv"
    path.write_bytes(text)
    whole = read_statement(path)
    for end in range(0, len(text), 5):
        path.write_bytes(text[:end])
        assert outcome(path, whole, frozenset()) in {"refused", "reported"}, end


@pytest.mark.proof
def test_eight_thousand_faults_none_in_silence(tmp_path: Path, proof_facts: dict[str, object]) -> None:
    for name, texts, once in (("mt5", MT5, TOLD_ONCE), ("mt4", MT4, MT4_TOLD_ONCE)):
        counts = damage(tmp_path, texts, once, range(4000))
        proof_facts.update({f"{name} {what}": count for what, count in counts.items()})
        assert sum(counts.values()) == 4000


@pytest.mark.proof
def test_faults_of_real_files_none_in_silence(
    tmp_path: Path, real_data: Path, proof_facts: dict[str, object]
) -> None:
    folder = real_data / "mt_reports"
    for name, once, count in (
        ("mt5_ReportHistory_bg_hedge_usd.html", TOLD_ONCE, 1000),
        ("mt5_ReportHistory_en_hedge_eur.html", TOLD_ONCE, 60),
        ("mt4_Statement_oanda_demo.htm", MT4_TOLD_ONCE, 1000),
        ("mt4_Statement_dummy_swissquote.htm", MT4_TOLD_ONCE, 100),
    ):
        text = (folder / name).read_text(encoding="utf-8")
        counts = damage(tmp_path, [text], once, range(count))
        proof_facts.update({f"{name} {what}": number for what, number in counts.items()})
        assert sum(counts.values()) == count
