"""Bars in closed hours contradict a clock rule."""

from itertools import product
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ictcli.clock import NS_PER_MINUTE, NS_PER_SECOND
from ictcli.market.calendars import calendar
from ictcli.market.clock_inference import ClockEvidence
from ictcli.market.clocks import from_utc, parse_rule, to_utc
from ictcli.market.symbols import load_symbols
from tests.market.market_vectors import utc

MINUTE = NS_PER_MINUTE
WRONG = ("utc", "ny+7", "eet", "ny", "ny+6", "ny+8", "ny+1", "ny-1", "utc+01:00", "utc-01:00", "utc+02:00")


def evidence_of(start: str, end: str, name: str, rule: str) -> ClockEvidence:
    ts = np.arange(utc(start), utc(end), MINUTE, dtype=np.int64)
    evidence = ClockEvidence(MINUTE)
    evidence.add(from_utc(parse_rule(rule), ts[calendar(name).is_open(ts)]))
    return evidence


@pytest.mark.parametrize("wrong", ["utc", "eet", "ny+6", "ny+8"])
def test_one_weekend_edge_is_enough(wrong: str) -> None:
    evidence = evidence_of("2025-06-04T00:00", "2025-06-09T12:00", "fx", "ny+7")

    assert evidence.contradiction(parse_rule("ny+7"), calendar("fx")) == []
    if wrong == "eet":
        assert evidence.unjudged(parse_rule(wrong), calendar("fx")) == ""
    else:
        (line,) = evidence.contradiction(parse_rule(wrong), calendar("fx"))
        assert f"under {wrong}, bars lie in closed hours at 1 weekends" in line


@pytest.mark.parametrize(("wrong", "refused"), [("ny+8", False), ("ny+9", True)])
def test_one_hourly_bar_in_one_weekend_may_be_a_freak_but_two_are_evidence(wrong: str, refused: bool) -> None:
    hour = 60 * MINUTE
    ts = np.arange(utc("2025-06-04T00:00"), utc("2025-06-10T00:00"), hour, dtype=np.int64)
    evidence = ClockEvidence(hour)
    evidence.add(from_utc(parse_rule("ny+7"), ts[calendar("fx").is_open(ts)]))

    assert bool(evidence.contradiction(parse_rule(wrong), calendar("fx"))) is refused
    assert evidence.contradiction(parse_rule("ny+7"), calendar("fx")) == []


def test_bars_in_the_daily_break_contradict_inside_one_week() -> None:
    evidence = evidence_of("2025-06-02T12:00", "2025-06-06T12:00", "cme", "utc")

    assert evidence.contradiction(parse_rule("utc"), calendar("cme")) == []
    assert "4 of 4 daily breaks" in " ".join(evidence.contradiction(parse_rule("ny"), calendar("cme")))


def test_trading_all_weekend_under_every_rule_is_not_the_clocks_fault() -> None:
    ts = np.arange(utc("2025-06-02T00:00"), utc("2025-06-20T00:00"), MINUTE, dtype=np.int64)
    evidence = ClockEvidence(MINUTE)
    evidence.add(ts)

    assert evidence.contradiction(parse_rule("utc"), calendar("fx")) == []
    assert not evidence.weekends_explained(calendar("fx"))


@pytest.mark.proof
def test_wrong_rules_are_refused_and_right_ones_never(
    real_data: Path, proof_facts: dict[str, object]
) -> None:
    book, refused, wrong, missed = load_symbols(None), 0, 0, []
    for path in sorted(real_data.glob("bars/*.parquet")):
        symbol, frame = path.stem.split("_")[:2]
        spec = book.resolve(symbol)
        assert spec is not None
        cal = calendar(spec.calendar)
        if cal.always_open:
            continue
        bar = {"M": 60, "H": 3600}[frame[0]] * int(frame[1:]) * NS_PER_SECOND
        ts = np.sort(pl.read_parquet(path, columns=["ts"])["ts"].drop_nulls().dt.epoch("ns").to_numpy())
        ts = ts - bar if path.stem == "6EH4_M1_cme" else ts
        for true, given in product(("utc", "ny+7", "eet", "ny"), WRONG):
            wall = from_utc(parse_rule(true), ts)
            evidence = ClockEvidence(bar)
            evidence.add(wall)
            against = evidence.contradiction(parse_rule(given), cal)
            if np.array_equal(to_utc(parse_rule(given), wall, bar), ts):
                assert against == [], (path.stem, true)
                continue
            wrong += 1
            refused += bool(against)
            if not against:
                missed.append(f"{path.stem}: {true} read as {given}")
    proof_facts.update(wrong=wrong, refused=refused, missed=missed)
    assert refused > 0.94 * wrong
