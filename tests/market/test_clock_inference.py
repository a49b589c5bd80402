"""Inferring a file's clock: right or undecided, never wrong."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.clock import NS_PER_DAY, NS_PER_HOUR, NS_PER_MINUTE
from ictcli.market.bars import Int64
from ictcli.market.calendars import calendar
from ictcli.market.clock_inference import ClockEvidence
from ictcli.market.clocks import from_utc, parse_rule, to_utc
from ictcli.market.timeframes import TIMEFRAMES
from tests.market.market_vectors import open_minutes, utc

M15 = 15 * NS_PER_MINUTE


def collected(wall: Int64, bar_ns: int) -> ClockEvidence:
    evidence = ClockEvidence(bar_ns)
    evidence.add(wall)
    return evidence


def quarter_hours(start: str, end: str, name: str) -> Int64:
    minutes = open_minutes(utc(start), utc(end), calendar(name))
    return np.unique(minutes - minutes % M15)


@pytest.mark.parametrize("name", ["fx", "metal"])
@pytest.mark.parametrize(
    "rule", ["utc", "ny+7", "eet", "ny", "utc-03:30", "Europe/London", "utc@close", "ny+7@close"]
)
def test_a_year_of_regular_hours_tells_the_rule(rule: str, name: str) -> None:
    ts = quarter_hours("2025-01-06T00:00", "2025-12-20T00:00", name)
    found = collected(from_utc(parse_rule(rule), ts, M15), M15).infer(calendar(name))
    assert found.unambiguous
    assert str(found.rule) == rule
    assert "weeks" in found.evidence[0]


def test_rules_that_read_the_file_alike_count_as_one() -> None:
    ts = quarter_hours("2025-05-05T00:00", "2025-06-20T00:00", "fx")
    found = collected(from_utc(parse_rule("eet"), ts), M15).infer(calendar("fx"))
    assert found.unambiguous
    assert found.rule is not None
    assert {"ny+7", "eet", "utc+03:00"} <= set(found.candidates[0].names)
    assert to_utc(found.rule, from_utc(parse_rule("eet"), ts), M15).tolist() == ts.tolist()


def test_a_single_week_edge_after_a_clock_change_does_not_decide() -> None:
    ts = quarter_hours("2025-01-06T00:00", "2025-03-12T00:00", "fx")
    found = collected(from_utc(parse_rule("ny+7"), ts), M15).infer(calendar("fx"))
    assert not found.unambiguous
    assert found.rule is None
    names = [name for candidate in found.candidates for name in candidate.names]
    assert {"ny+7", "eet"} <= set(names)
    assert any("do not decide" in line for line in found.evidence)


@pytest.mark.parametrize(
    ("start", "end", "name", "bar_ns", "reason"),
    [
        ("2025-06-02T00:00", "2025-06-06T20:00", "fx", M15, "too few"),
        ("2025-01-06T00:00", "2025-12-20T00:00", "crypto", M15, "never stops"),
        ("2025-01-06T00:00", "2025-12-20T00:00", "fx", NS_PER_DAY, "longer than one hour"),
    ],
)
def test_what_cannot_be_judged_is_said(start: str, end: str, name: str, bar_ns: int, reason: str) -> None:
    evidence = collected(quarter_hours(start, end, name), bar_ns)
    found = evidence.infer(calendar(name))
    assert (found.rule, found.unambiguous, found.candidates) == (None, False, [])
    assert reason in found.evidence[0]
    assert evidence.contradiction(parse_rule("ny"), calendar(name)) == []
    if bar_ns == NS_PER_DAY:
        assert evidence.change_points() == []


def test_nothing_at_all_tells_nothing() -> None:
    found = collected(np.zeros(0, np.int64), M15).infer(calendar("fx"))
    assert not found.unambiguous


@given(st.integers(1, 400))
def test_chunks_in_any_order_give_the_same_inference(size: int) -> None:
    ts = quarter_hours("2025-05-05T00:00", "2025-06-05T00:00", "metal")
    wall = from_utc(parse_rule("utc"), ts)
    chunks = [wall[at : at + size] for at in range(0, len(wall), size)]
    evidence = ClockEvidence(M15)
    for at in np.random.default_rng(size).permutation(len(chunks)).tolist():
        evidence.add(chunks[at])
    assert evidence.infer(calendar("metal")) == collected(wall, M15).infer(calendar("metal"))


def test_a_wrong_rule_is_contradicted_and_the_right_one_is_not() -> None:
    ts = quarter_hours("2025-01-06T00:00", "2025-12-20T00:00", "fx")
    evidence = collected(from_utc(parse_rule("ny+7"), ts), M15)
    assert evidence.contradiction(parse_rule("ny+7"), calendar("fx")) == []
    for wrong in ("utc", "eet", "ny", "utc+02:00", "ny+7@close"):
        lines = evidence.contradiction(parse_rule(wrong), calendar("fx"))
        assert lines, wrong
        assert f"under {wrong};" in lines[0]


def test_a_clock_set_back_in_mid_file_is_found() -> None:
    ts = quarter_hours("2025-05-05T00:00", "2025-08-20T00:00", "metal")
    wall = from_utc(parse_rule("utc+02:00"), ts)
    wall[ts >= utc("2025-07-01T00:00")] -= NS_PER_HOUR
    evidence = collected(np.sort(wall), M15)
    assert len(evidence.change_points()) == 1
    assert "2025-07" in evidence.change_points()[0]
    assert "-1 hours" in evidence.change_points()[0]
    assert not evidence.infer(calendar("metal")).unambiguous


UNDECIDED = {
    "AUDUSD_M1_histdata202306": "hours are missing around every weekend",
    "EURUSD_M1_histdata202306": "hours are missing around every weekend",
    "EURUSD_M1_histdata202006": "no weekend inside",
    "EURUSD_M15_brokerB2023": "too few weeks when only the US is on summer time",
    "US100_M15_brokerB": "too few days when only the EU has changed",
    "EURUSD_M15_brokerB": "ends two days after the EU clock change",
    "GBPUSD_M15_brokerB": "ends two days after the EU clock change",
    "USDJPY_M15_brokerB": "ends two days after the EU clock change",
    "XAUUSD_M15_brokerB": "ends two days after the EU clock change",
    "EURUSD_M1_lean-fxcm_bidask": "single days of several years",
    "XAUUSD_M1_lean-oanda_bidask": "pauses from 17:15 in 2014",
    "ES_M1_lean_contracts": "several contracts side by side",
}
"""Real files that are too short or too noisy, and why. All others must be decided, and rightly."""


def market(symbol: str) -> str:
    if symbol.startswith(("BTC", "ETH")):
        return "crypto"
    if symbol.startswith("XAU"):
        return "metal"
    if symbol.startswith(("US30", "US100", "US500")):
        return "index"
    return "cme" if symbol in ("ES", "NQ", "6EH4") else "fx"


def test_every_real_file_is_read_rightly_or_not_at_all(real_data: Path) -> None:
    undecided = set()
    for path in sorted((real_data / "bars").glob("*.parquet")):
        symbol, timeframe = path.stem.split("_")[:2]
        frame = pl.read_parquet(path)
        clock = "ts_raw" if "ts_raw" in frame.columns else "ts"
        frame = frame.select("ts", wall=clock).drop_nulls()
        wall, truth = (
            frame[name].cast(pl.Datetime("ns")).to_physical().to_numpy() for name in ("wall", "ts")
        )
        bar_ns = TIMEFRAMES[timeframe].ns
        if symbol == "6EH4":
            truth = truth - bar_ns  # this file keeps its close stamps
        cal = calendar(market(symbol))
        evidence = collected(wall, bar_ns)
        found = evidence.infer(cal)
        assert evidence.change_points() == [], path.stem
        assert found.unambiguous is (found.rule is not None)
        if found.rule is not None:
            assert np.array_equal(to_utc(found.rule, wall, bar_ns), truth), (path.stem, found)
        elif not cal.always_open:
            undecided.add(path.stem)
    assert undecided == set(UNDECIDED)


OWN_HOURS = {
    "6EH4_M1_cme": "close-stamped",
    "XAUUSD_H1_ejtrader": "in March 2013 and 2014 its daily break is an hour off the market's",
}
"""Real files whose spells cannot all be read from the market's hours, and why."""


def wrong_windows(folder: Path, count: int, seed: int) -> tuple[int, list[str]]:
    """Cut ``count`` random spells out of real files, show them on random clocks, infer: decided, wrong."""
    generator = np.random.default_rng(seed)
    paths = [
        path
        for path in sorted((folder / "bars").glob("*.parquet"))
        if market(path.stem.split("_")[0]) != "crypto"
        and "lean" not in path.stem
        and path.stem not in OWN_HOURS
    ]
    times = {path: read_times(path, "ts") for path in paths}
    decided, wrong = 0, []
    for _ in range(count):
        path = paths[generator.integers(len(paths))]
        symbol, timeframe = path.stem.split("_")[:2]
        bar_ns, cal, ts = TIMEFRAMES[timeframe].ns, calendar(market(symbol)), np.unique(times[path])
        start = ts[0] + int(generator.random() * (ts[-1] - ts[0]))
        part = ts[(ts >= start) & (ts < start + int(generator.integers(10, 120)) * NS_PER_DAY)]
        rule = parse_rule(
            generator.choice(["utc", "ny+7", "eet", "ny", "utc+05:30", "Europe/London", "utc-05:00"])
        )
        wall = from_utc(rule, part)
        evidence = collected(wall, bar_ns)
        found = evidence.infer(cal).rule
        decided += found is not None
        if found is not None and not np.array_equal(to_utc(found, wall, bar_ns), part):
            wrong.append(f"{path.stem} from {start}: {rule} taken for {found}")
        if evidence.contradiction(rule, cal):
            wrong.append(f"{path.stem} from {start}: {rule} contradicted")
    return decided, wrong


def read_times(path: Path, column: str) -> Int64:
    times: Int64 = pl.read_parquet(path)[column].drop_nulls().cast(pl.Datetime("ns")).to_physical().to_numpy()
    return times


def test_spells_of_real_files_on_other_clocks_are_never_misread(real_data: Path) -> None:
    decided, wrong = wrong_windows(real_data, 120, seed=11)
    assert wrong == []
    assert decided > 60


@pytest.mark.proof
def test_many_spells_of_real_files_are_never_misread(real_data: Path) -> None:
    decided, wrong = wrong_windows(real_data, 1500, seed=12)
    assert wrong == []
    assert decided > 900


def test_the_real_clock_change_is_found(real_data: Path) -> None:
    path = real_data / "dirty" / "mt4_XAUUSD_1min_clock_change_mid_file.csv"
    stamps = [line[:16].replace(".", "-").replace(",", "T") for line in path.read_text().splitlines()]
    wall = np.array([stamp for stamp in stamps if stamp[:2] == "20"], "datetime64[ns]").astype(np.int64)
    evidence = collected(wall, NS_PER_MINUTE)
    changes = evidence.change_points()
    assert len(changes) == 1
    assert "-1 hours" in changes[0]
    assert "2024-08-0" in changes[0]
    assert evidence.infer(calendar("metal")).rule is None


@pytest.mark.parametrize(
    ("file", "right", "wrong"),
    [
        ("XAUUSD_M1_ftmo", "ny+7", ("utc", "eet", "ny")),
        ("EURUSD_M15_dukalike2020a", "utc", ("ny+7", "eet", "Europe/London")),
        ("XAUUSD_H1_brokerB", "eet", ("ny+7", "utc")),
    ],
)
def test_wrong_rules_for_real_files_are_contradicted(
    real_data: Path, file: str, right: str, wrong: tuple[str, ...]
) -> None:
    symbol, timeframe = file.split("_")[:2]
    column = pl.read_parquet(real_data / "bars" / f"{file}.parquet", columns=["ts_raw"])["ts_raw"]
    wall = column.drop_nulls().cast(pl.Datetime("ns")).to_physical().to_numpy()
    evidence = collected(wall, TIMEFRAMES[timeframe].ns)
    cal = calendar(market(symbol))
    assert evidence.contradiction(parse_rule(right), cal) == []
    for rule in wrong:
        assert evidence.contradiction(parse_rule(rule), cal), rule
