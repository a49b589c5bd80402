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
    assert evidence.contradiction(parse_rule("utc"), calendar(name)) == []
    assert evidence.unjudged(parse_rule("utc"), calendar(name))
    if bar_ns == NS_PER_DAY:
        assert evidence.change_points() == []


def test_nothing_at_all_tells_nothing() -> None:
    found = collected(np.zeros(0, np.int64), M15).infer(calendar("fx"))
    assert not found.unambiguous


@pytest.mark.no_cover
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
        assert f"under {wrong}" in lines[0]


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
    "EURUSD_H1_brokerB": "seven weeks of late opens under eet stand against early closes under ny+7",
    "XAUUSD_H1_ejtrader": "keeps its daily break at its own midnight in some years and not in others",
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


@pytest.mark.no_cover
def test_every_real_file_is_read_rightly_or_not_at_all(real_data: Path) -> None:
    undecided = set()
    for path in sorted((real_data / "bars").glob("*.parquet")):
        symbol, timeframe = path.stem.split("_")[:2]
        stored = pl.scan_parquet(path)
        clock = "ts_raw" if "ts_raw" in stored.collect_schema() else "ts"
        frame = stored.select("ts", wall=clock).drop_nulls().collect()
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


def wrong_windows(folder: Path, count: int, seed: int) -> tuple[int, list[str]]:
    """Cut ``count`` random spells out of real files, show them on random clocks, infer: decided, wrong."""
    generator = np.random.default_rng(seed)
    paths = [
        path
        for path in sorted((folder / "bars").glob("*.parquet"))
        if market(path.stem.split("_")[0]) != "crypto" and "lean" not in path.stem
    ]
    times = {path: read_times(path, "ts") for path in paths}
    for path in paths:
        if path.stem.startswith("6EH4"):
            times[path] = times[path] - NS_PER_MINUTE  # this file keeps its close stamps
        times[path] = np.unique(times[path])
    decided, wrong = 0, []
    for _ in range(count):
        path = paths[generator.integers(len(paths))]
        symbol, timeframe = path.stem.split("_")[:2]
        bar_ns, cal, ts = TIMEFRAMES[timeframe].ns, calendar(market(symbol)), times[path]
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
    times: Int64 = (
        pl.read_parquet(path, columns=[column])[column]
        .drop_nulls()
        .cast(pl.Datetime("ns"))
        .to_physical()
        .to_numpy()
    )
    return times


@pytest.mark.no_cover
def test_spells_of_real_files_on_other_clocks_are_never_misread(real_data: Path) -> None:
    decided, wrong = wrong_windows(real_data, 50, seed=11)
    assert wrong == []
    assert decided > 25


@pytest.mark.proof
@pytest.mark.parametrize("seed", [12, 20261])
def test_many_spells_of_real_files_are_never_misread(real_data: Path, seed: int) -> None:
    decided, wrong = wrong_windows(real_data, 1500, seed=seed)
    assert wrong == []
    assert decided > 800


def test_a_daily_break_at_the_servers_own_midnight_does_not_decide_against_the_weekends() -> None:
    # Gold on an EET server that pauses from 00:00 to 01:00 server time and closes on Friday 17:00 New York.
    wall = np.arange(utc("2013-01-14T00:00"), utc("2013-05-10T00:00"), M15, dtype=np.int64)
    day, minute = (wall // NS_PER_DAY + 3) % 7, wall // NS_PER_MINUTE % 1440
    new_york = from_utc(parse_rule("ny"), to_utc(parse_rule("eet"), wall, M15))
    closed = (day == 4) & (new_york // NS_PER_MINUTE % 1440 >= 17 * 60) & (minute > 720)
    evidence = collected(wall[(day < 5) & (minute >= 60) & ~closed], M15)

    assert evidence.infer(calendar("metal")).rule is None
    assert evidence.contradiction(parse_rule("eet"), calendar("metal")) == []


def test_real_gold_on_such_a_server_shows_the_hour_of_the_news_under_its_own_clock(real_data: Path) -> None:
    # The Federal Reserve's statement of 2014-03-19 came at 18:00 UTC: the file is eet, not ny+7, although
    # under ny+7 every daily break of these weeks would lie at 17:00 New York.
    gold = pl.read_parquet(
        real_data / "bars" / "XAUUSD_H1_ejtrader.parquet", columns=["ts_raw", "high", "low"]
    )
    day = gold.drop_nulls().filter(pl.col("ts_raw").dt.strftime("%Y-%m-%d") == "2014-03-19")
    widest = (
        day.sort(pl.col("high") - pl.col("low"))["ts_raw"]
        .cast(pl.Datetime("ns"))
        .to_physical()
        .to_numpy()[-1:]
    )

    assert to_utc(parse_rule("eet"), widest, NS_PER_HOUR).tolist() == [utc("2014-03-19T18:00")]


def test_stamps_taken_for_opens_without_proof_are_called_an_assumption() -> None:
    ts = quarter_hours("2025-05-05T00:00", "2025-06-20T00:00", "fx")
    minutes = ts[(ts // M15) % 4 > 0]  # trading rests in the first quarter of each hour: opens late
    found = collected(from_utc(parse_rule("utc"), minutes), M15).infer(calendar("fx"))
    shown = collected(from_utc(parse_rule("utc"), ts), M15).infer(calendar("fx"))

    assert any("assumed, not shown: stamps are bar opens" in line for line in found.evidence)
    assert not any("assumed" in line for line in shown.evidence)


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


@pytest.mark.no_cover
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
