"""The detect command on a real store in a real workspace."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ictcli.__main__ import run
from ictcli.clock import NS_PER_MINUTE
from ictcli.market.bars import SeriesKey, make_bars
from ictcli.market.timeframes import TICK, TIMEFRAMES
from ictcli.store.store import Store
from tests.store.stored_bars import new_store, ticks_of_two_days
from tests.store.stored_bars import put as put_rows

START = 1_704_240_000 * 10**9  # Wednesday 2024-01-03 00:00 UTC
Ask = Callable[..., Any]


def put(workspace: Path, symbol: str, minutes: int, *, seed: int = 3, source: str = "sim") -> None:
    """Store a random walk of M1 bars."""
    rng = np.random.default_rng(seed)
    closes = 108_000 + np.cumsum(rng.integers(-12, 13, minutes))
    opens = np.concatenate(([108_000], closes[:-1]))
    highs = np.maximum(opens, closes) + rng.integers(0, 5, minutes)
    lows = np.minimum(opens, closes) - rng.integers(0, 5, minutes)
    ts = START + np.arange(minutes, dtype=np.int64) * NS_PER_MINUTE
    bars = make_bars(5, ts, ts + NS_PER_MINUTE, (opens, highs, lows, closes))
    store = Store(workspace / "data", workspace / "state", 0)
    with store.writer(SeriesKey(source, symbol, TIMEFRAMES["M1"]), {}, now=START) as writer:
        writer.add(bars)
        writer.commit(lambda *_: [])


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "ictcli.toml").write_text("[detect]\nswing_left = 3\nswing_right = 3\n")
    monkeypatch.chdir(tmp_path)
    put(tmp_path, "EURUSD", 1500)
    return tmp_path


@pytest.fixture
def ask(workspace: Path, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Run a command line; its exit code, stdout and stderr."""

    def go(*argv: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(list(argv))
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return go


def rows(ask: Ask, *argv: str) -> list[dict[str, Any]]:
    code, out, _ = ask("detect", "EURUSD", *argv, "--nl")
    assert code == 0
    return [json.loads(line) for line in out.splitlines()]


@pytest.mark.no_cover
def test_rows_carry_the_columns_of_the_catalog(ask: Ask) -> None:
    found = rows(ask, "-t", "M5")
    wanted = {"id", "source", "symbol", "timeframe", "kind", "dir", "formed_at", "confirmed_at", "state"}
    wanted |= {"bottom", "top", "level", "tapped_at", "invalidated_at", "fill", "label", "mss", "spans_gap"}
    assert wanted <= found[0].keys()
    assert {"swing", "displacement", "structure", "fvg"} <= {row["kind"] for row in found}
    assert {"bull", "bear"} <= {row["dir"] for row in found}
    assert found == sorted(found, key=lambda row: row["confirmed_at"])
    assert all(row["formed_at"] < row["confirmed_at"] or row["known_on_open"] for row in found)


def test_prices_are_decimal_strings_with_the_digits_of_the_series(ask: Ask) -> None:
    gap = rows(ask, "-t", "M5", "--kind", "fvg")[0]
    assert len(gap["bottom"].partition(".")[2]) == 5
    assert float(gap["bottom"]) < float(gap["top"])


def test_a_second_run_is_up_to_date_and_says_the_same(ask: Ask) -> None:
    first = ask("detect", "EURUSD", "-t", "M5")
    again = ask("detect", "EURUSD", "-t", "M5")
    assert again[:2] == first[:2]
    assert "up to date" in again[2]
    assert "up to date" not in first[2]


def test_new_bars_or_parameters_are_noticed(ask: Ask, workspace: Path) -> None:
    before = rows(ask, "-t", "M5", "--kind", "swing")
    put(workspace, "EURUSD", 1800)
    more = rows(ask, "-t", "M5", "--kind", "swing")
    assert len(more) > len(before)
    inner = {row["id"] for row in more if row["layer"] == "internal"}
    (workspace / "config" / "ictcli.toml").write_text("[detect]\nswing_left = 9\nswing_right = 9\n")
    fewer = {row["id"] for row in rows(ask, "-t", "M5", "--kind", "swing") if row["layer"] == "internal"}
    assert 0 < len(fewer) < len(inner)
    assert not fewer & inner


def test_as_of_shows_what_the_log_knew_by_then(ask: Ask) -> None:
    moment = "2024-01-03T13:07:00Z"
    log = [row for row in rows(ask, "-t", "M5", "--events") if row["at"] <= moment]
    assert rows(ask, "-t", "M5", "--events", "--as-of", moment) == log
    states = {row["id"]: row["record"] for row in log}
    shown = rows(ask, "-t", "M5", "--as-of", moment)
    assert {row["id"] for row in shown} == states.keys()
    for row in shown:
        now = row["state"] if row["state"] not in {"active", "point"} else "confirmed"
        assert now == states[row["id"]]


def test_as_of_stores_nothing(ask: Ask, workspace: Path) -> None:
    rows(ask, "-t", "M5", "--as-of", "2024-01-03T13:00Z")
    assert not (workspace / "data" / "detections").exists()


def test_start_and_end_bound_the_time_a_row_became_known(ask: Ask) -> None:
    span = ("--start", "2024-01-03T10:00Z", "--end", "2024-01-03T12:00Z")
    found = rows(ask, "-t", "M5", *span)
    times = {row["confirmed_at"] for row in found}
    assert min(times) >= "2024-01-03T10:00:00Z"
    assert max(times) < "2024-01-03T12:00:00Z"
    everything = rows(ask, "-t", "M5")
    assert found == [row for row in everything if row["confirmed_at"] in times]


def test_people_see_counts_and_the_latest_rows(ask: Ask) -> None:
    code, out, _ = ask("detect", "EURUSD", "-t", "M5")
    assert code == 0
    assert out.startswith("sim/EURUSD/M5\n")
    header, _, *summary = out[: out.index("\n\n")].splitlines()[1:]
    assert header.split() == ["kind", "total", "bull", "bear", "alive", "alive", "bull", "alive", "bear"]
    kinds = [line.split()[0] for line in summary]
    assert len(kinds) == len(set(kinds)), "one line per kind"
    assert f"Latest 10 of {len(rows(ask, '-t', 'M5'))} rows (times in UTC)" in out


def test_a_kind_alone_is_counted_alone(ask: Ask) -> None:
    _, out, err = ask("detect", "EURUSD", "-t", "D1", "--kind", "fvg,structure", "--json")
    assert {row["kind"] for row in json.loads(out)["series"][0]["counts"]} <= {"fvg", "structure"}
    assert "left out" not in err
    found = rows(ask, "-t", "M5", "--kind", "fvg")
    _, out, _ = ask("detect", "EURUSD", "-t", "M5", "--kind", "fvg")
    total, bull = len(found), sum(row["dir"] == "bull" for row in found)
    assert out.splitlines()[3].split()[:4] == ["fvg", str(total), str(bull), str(total - bull)]
    assert len(out[: out.index("\n\n")].splitlines()) == 4


def test_what_has_no_price_shows_none(ask: Ask) -> None:
    _, out, _ = ask("detect", "EURUSD", "-t", "M1", "--kind", "volatility_spike")
    assert "volatility_spike" in out
    assert "None" not in out


def test_people_see_the_log_with_its_records(ask: Ask) -> None:
    _, out, _ = ask("detect", "EURUSD", "-t", "M5", "--events", "--kind", "structure")
    assert "known at" in out
    assert {"BOS", "CHoCH"} & set(out.split())


def test_an_empty_span_says_so(ask: Ask) -> None:
    code, out, _ = ask("detect", "EURUSD", "-t", "M5", "--end", "2024-01-01")
    assert (code, out) == (0, "sim/EURUSD/M5: nothing found\n")


def test_the_catalog_shows_the_kept_detections(ask: Ask) -> None:
    found = rows(ask, "-t", "M5")
    code, out, _ = ask("query", "SELECT count(*) AS n FROM detections", "--format", "csv")
    assert (code, out.split()) == (0, ["n", str(len(found))])


def test_json_is_one_document_with_counts_and_rows(ask: Ask) -> None:
    code, out, _ = ask("detect", "EURUSD", "-t", "M5", "--kind", "fvg", "--json")
    document = json.loads(out)
    assert code == 0
    assert document["command"] == "detect"
    (series,) = document["series"]
    assert (series["source"], series["symbol"], series["timeframe"]) == ("sim", "EURUSD", "M5")
    assert sum(count["count"] for count in series["counts"]) == len(document["detections"])


def test_verify_finds_nothing_on_honest_detectors(ask: Ask) -> None:
    code, out, _ = ask("detect", "EURUSD", "-t", "M5", "--verify", "--json", "--kind", "fvg,structure")
    document = json.loads(out)
    assert code == 0
    assert document["detectors"] == ["swing", "structure", "fvg"]
    assert document["prefixes"] == 40 * 6, "three layers of swing, two of structure"
    assert (document["rewritten"], document["batch_mismatches"]) == (0, 0)


def test_verify_leaves_with_3_when_a_detector_looks_ahead(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from ictcli.detectors.registry import DETECTORS

    honest = DETECTORS["displacement"]

    def peek(state: Any, events: Any, bars: Any, first: int) -> tuple[int, int]:
        shifted = bars.copy()
        for name in ("open", "high", "low", "close"):
            shifted[name][:-1] = bars[name][1:]
        return honest.run(state, events, shifted, first)

    monkeypatch.setitem(DETECTORS, "displacement", replace(honest, run=peek))
    code, out, err = ask("detect", "EURUSD", "-t", "M5", "--verify", "--json", "--kind", "displacement")
    document = json.loads(out)
    assert code == 3
    assert document["rewritten"] + document["batch_mismatches"] > 0
    assert "displacement" in err


def test_two_symbols_are_detected_as_each_alone(ask: Ask, workspace: Path) -> None:
    put(workspace, "GBPUSD", 600, seed=4)
    alone = rows(ask, "-t", "M5")
    code, out, _ = ask("detect", "-t", "M5", "--nl")
    both = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [row for row in both if row["symbol"] == "EURUSD"] == alone
    assert {row["symbol"] for row in both} == {"EURUSD", "GBPUSD"}


def test_an_unknown_symbol_is_detected_with_a_warning_that_prints_the_stanza(
    ask: Ask, workspace: Path
) -> None:
    put(workspace, "QQQQQQ", 600)
    code, _, err = ask("detect", "QQQQQQ", "-t", "M5")
    assert code == 0
    assert "[QQQQQQ]" in err


@pytest.mark.parametrize(
    ("argv", "code", "words"),
    [
        (["EURUSD", "--kind", "fvgs"], 2, "Did you mean fvg?"),
        (["EURUSD", "--verify", "--events"], 2, "--verify"),
        (["EURUSD", "--nl", "--json"], 2, "contradict"),
        (["NZDUSD"], 5, "fetch"),
        (["EURUSD", "-t", "M7"], 2, "M7"),
        (["EURUSD", "--as-of", "2001-01-01"], 5, "the bars begin 2024-01-03T00:00:00Z"),
        (["EURUSD", "--as-of", "2001-01-01"], 5, "Give --as-of 2024-01-03T00:15:00Z or later"),
        (["EURUSD", "--kind", ","], 2, "--kind ',' names no detector"),
        (["EURUSD", "--kind", ""], 2, "--kind '' names no detector"),
        (["EURUSD", "--start", "2024-01-04", "--end", "2024-01-03"], 2, "is not before --end 2024-01-03"),
        (["EURUSD", "--start", "2024-01-04", "--end", "2024-01-04"], 2, "is not before --end 2024-01-04"),
        (["EURUSD", "--kind", "smt"], 2, "hint: Add --with SYMBOL."),
        (["EURUSD", "-t", "H4", "--kind", "fvg,macro"], 2, "macro: every window begins or ends inside a bar"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_next_step(
    ask: Ask, argv: list[str], code: int, words: str
) -> None:
    found, _, err = ask("detect", *argv)
    assert found == code
    assert words in err


def test_what_is_left_out_is_told_in_one_line_and_each_name_once(ask: Ask) -> None:
    code, out, err = ask("detect", "EURUSD", "-t", "H4", "--json")
    assert code == 0
    (line,) = [one for one in err.splitlines() if "left out" in one]
    assert line.startswith("sim/EURUSD/H4: left out on H4: ")
    assert line.endswith(" (need shorter bars); smt (needs --with)")
    assert line.count("smt") == line.count("kill_zone") == 1
    assert "htf_bias.H4" in line, "its other layers work"
    reasons = json.loads(out)["series"][0]["left_out"]
    assert reasons["smt"] == "needs a second symbol (--with)"
    assert reasons["silver_bullet"].startswith("every window begins or ends inside a bar: 03:00-04:00")
    assert ask("detect", "EURUSD", "-t", "H4", "--kind", "htf_bias")[0] == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[detect.params.fvg]\nmin_sise_atr = 1.0\n", "unknown key 'detect.params.fvg.min_sise_atr'"),
        ("[detect.params.fvg]\nmin_sise_atr = 1.0\n", "Did you mean min_size_atr?"),
        ("[detect.params.fgv]\nmin_size_atr = 1.0\n", "detect.params.fgv: no such detector"),
        ("[detect.params.fgv]\nmin_size_atr = 1.0\n", "Did you mean fvg?"),
        ("[detect.params.fvg]\nmin_size_atr = -1.0\n", "It takes: "),
    ],
)
@pytest.mark.parametrize("command", [("detect", "EURUSD"), ("config", "check")])
def test_wrong_parameters_are_found_in_their_file(
    ask: Ask, workspace: Path, command: tuple[str, ...], text: str, words: str
) -> None:
    file = workspace / "config" / "ictcli.toml"
    file.write_text(text)
    code, _, err = ask(*command)
    assert code == 4
    assert f"{file}: " in err
    assert words in err


@pytest.mark.no_cover
def test_stored_ticks_serve_where_there_are_no_bars(workspace: Path, ask: Ask) -> None:
    put_rows(new_store(workspace), SeriesKey("sim", "GBPUSD", TICK), ticks_of_two_days())
    code, out, err = ask("detect", "GBPUSD", "-t", "M15", "--json")
    assert code == 0, err
    assert json.loads(out)["series"][0]["counts"]
    assert ask("detect", "GBPUSD", "-t", "M15", "--verify")[0] == 0


def test_a_primary_source_without_bars_is_named(workspace: Path, ask: Ask) -> None:
    (workspace / "config" / "ictcli.toml").write_text('[primary]\nEURUSD = "nobody"\n')
    for command in (("detect",), ("backtest", "--strategy", "fvg_retest")):
        code, _, err = ask(*command, "EURUSD", "-t", "M15")
        assert code == 5
        assert "primary source 'nobody' of EURUSD has no bars; stored: sim" in err
